import type * as z from 'zod';
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

/** The branch of a union that the value was most likely meant for: the one with the fewest faults. */
const nearestBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] =>
  branches.toSorted((left, right) => left.length - right.length)[0] ?? [];

/** Issues of unions replaced by those of the branch that was meant, with their whole paths. */
const flatten = (issues: readonly Issue[], base: FieldPath = []): readonly Issue[] =>
  issues.flatMap((issue): readonly Issue[] => {
    const path = [...base, ...issue.path];
    const branch = issue.code === 'invalid_union' ? nearestBranch(issue.errors) : [];
    return branch.length > 0 ? flatten(branch, path) : [{ ...issue, path }];
  });

/** The first fault of a value, unknown fields before all else. `nameOf` says how its path is told. */
export const fieldErrorOf = (issues: readonly Issue[], nameOf: (path: FieldPath) => string = dotted): AppError => {
  const flat = flatten(issues);
  const unknown = flat.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown?.code === 'unrecognized_keys')
    return new UnknownFieldError(nameOf([...unknown.path, ...unknown.keys.slice(0, 1)]));
  const [first] = flat;
  const field = nameOf(first?.path ?? []);
  const message = `${field === '' ? 'The value' : field}: ${first?.message ?? 'not valid'}.`;
  return new InvalidFieldError(field, message, first?.code === 'too_big' ? { limit: Number(first.maximum) } : {});
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
  if (!parsed.success) throw fieldErrorOf(parsed.error.issues, (path) => dotted([...base, ...path]));
  return parsed.data;
};
