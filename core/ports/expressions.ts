import type { Json } from '../contract/json.ts';
import { AppError } from '../errors/app-error.ts';

/** What a definition's author wrote to be evaluated: a transformation in JSONata, or a JSON Schema. */
export type Expression =
  | { readonly kind: 'transform'; readonly source: string }
  | { readonly kind: 'schema'; readonly schema: Json };

/** An expression that fails on a value, takes too long, or gives too much. Never retryable: it would again. */
export class ExpressionError extends AppError {
  override readonly name = 'ExpressionError';
  constructor(message: string) {
    super('INVALID_FIELD', message);
  }
}

/**
 * Evaluates what authors of definitions wrote, apart from everything else: whatever an expression does, it is stopped in
 * time, and only its own work with it.
 */
export interface Expressions {
  /** Why an expression can never be evaluated, if so. */
  problemWith(expression: Expression): Promise<string | undefined>;
  /** @throws ExpressionError */
  transform(source: string, value: Json): Promise<Json>;
  /** Why a value does not fit a schema, if so: the first place at which it does not. @throws ExpressionError */
  misfit(schema: Json, value: Json): Promise<string | undefined>;
}
