import type * as z from 'zod';
import { firstFault } from '#core/contract/first-fault.ts';
import { AppError } from '#core/errors/app-error.ts';
import { InvalidFieldError } from '#core/errors/errors.ts';

type Issue = z.core.$ZodIssue;
type FieldPath = readonly PropertyKey[];

/** A field that the contract does not know. Refused, so that a typing error is not a silent default. */
export class UnknownFieldError extends AppError {
  override readonly name = 'UnknownFieldError';
  constructor(field: string) {
    super('UNKNOWN_FIELD', `There is no field ${field} here.`, { field });
  }
}

/** A path as callers read it: dotted. */
export const dotted = (path: FieldPath): string => path.map(String).join('.');

/** The first fault of a value, unknown fields before all else. `nameOf` says how its path is told. */
export const fieldErrorOf = (
  issues: readonly Issue[],
  value: unknown,
  nameOf: (path: FieldPath) => string = dotted,
): AppError => {
  const { path, message, isUnknown, limit } = firstFault(issues, value);
  const field = nameOf(path);
  if (isUnknown) return new UnknownFieldError(field);
  const text = `${field === '' ? 'The value' : field}: ${message}.`;
  return new InvalidFieldError(field, text, limit === undefined ? {} : { limit });
};

/**
 * What a schema makes of a caller's value.
 * @throws UnknownFieldError, InvalidFieldError with the field's dotted path below `base`.
 */
export const parseInput = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  base: FieldPath = [],
): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fieldErrorOf(parsed.error.issues, value, (path) => dotted([...base, ...path]));
  return parsed.data;
};
