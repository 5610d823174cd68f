import { maxSeconds } from './definition.ts';
import type { Frame } from './execution.ts';
import { expectType } from './expressions.ts';
import { bindingsOf, type Run } from './interpreter-context.ts';
import { EvaluationError } from './state-error.ts';

/**
 * Value of a field that is a whole number or an expression for one; undefined when the field is absent.
 * @throws {@link EvaluationError} when the value is not a whole number from `least` (0) to 99,999,999.
 */
export async function wholeNumberField(
  run: Run,
  frame: Frame,
  field: {
    readonly field: string;
    readonly template: number | string | undefined;
    readonly taskToken?: string | undefined;
    readonly least?: number;
  },
): Promise<number | undefined> {
  const { template, least = 0 } = field;
  if (typeof template !== 'string') return template;
  const bindings = bindingsOf(run, frame, { taskToken: field.taskToken });
  const value = await run.context.expressions.evaluate(template, field.field, bindings);
  expectType(value, 'number', { template, field: field.field });
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new EvaluationError(`The ${field.field} field cannot be parsed as an integer: ${String(value)}`, field.field);
  }
  if (value < least || value > maxSeconds) {
    throw new EvaluationError(
      `${field.field} must be between ${least} and ${maxSeconds} but was: ${value}`,
      field.field,
    );
  }
  return value;
}
