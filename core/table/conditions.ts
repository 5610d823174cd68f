import type { Change, Condition, Path } from './table.ts';

/** Short forms for writing guards: `{ isQueued: equal('status', 'QUEUED') }`. A dotted path is not split. */
const toPath = (path: string | Path): Path => (typeof path === 'string' ? [path] : path);

/** The attribute exists. */
export const present = (path: string | Path): Condition => ({ is: 'present', path: toPath(path) });
/** The attribute does not exist. */
export const absent = (path: string | Path): Condition => ({ is: 'absent', path: toPath(path) });
/** The attribute exists and has this value. */
export const equal = (path: string | Path, value: string | number | boolean): Condition => ({
  is: 'equal',
  path: toPath(path),
  value,
});
/** The attribute exists and has another value. Unlike DynamoDB's `<>`, an absent one does not meet it. */
export const notEqual = (path: string | Path, value: string | number | boolean): Condition => ({
  is: 'notEqual',
  path: toPath(path),
  value,
});
/** The attribute exists and is this or more. */
export const atLeast = (path: string | Path, value: number): Condition => ({
  is: 'atLeast',
  path: toPath(path),
  value,
});
/** The attribute exists and is this or less. */
export const atMost = (path: string | Path, value: number): Condition => ({ is: 'atMost', path: toPath(path), value });
/** The attribute exists and is one of 1 to 100 values. */
export const oneOf = (path: string | Path, values: readonly string[]): Condition => ({
  is: 'oneOf',
  path: toPath(path),
  values,
});
/** At least one of the conditions holds. */
export const any = (...of: readonly Condition[]): Condition => ({ is: 'any', of });
/** All of the conditions hold. */
export const all = (...of: readonly Condition[]): Condition => ({ is: 'all', of });

/** Gives the attribute this value. */
export const set = (path: string | Path, to: unknown): Change => ({ path: toPath(path), to });
/** Adds to a number. Without `from` the attribute must be there; with it an absent one counts as `from`. */
export const plus = (path: string | Path, amount: number, from?: number): Change =>
  from === undefined ? { path: toPath(path), plus: amount } : { path: toPath(path), plus: amount, from };
/** Gives the attribute this value unless it has one. */
export const setDefault = (path: string | Path, value: unknown): Change => ({ path: toPath(path), default: value });

/** One `set` for each attribute that has a value. */
export const setAll = (values: Readonly<Record<string, unknown>>): readonly Change[] =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => set(name, value));
