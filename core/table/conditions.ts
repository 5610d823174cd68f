import type { Change, Condition, Path } from './table.ts';

/** Short forms for writing guards: `{ isQueued: equal('status', 'QUEUED') }`. A dotted path is not split. */
const toPath = (path: string | Path): Path => (typeof path === 'string' ? [path] : path);

export const present = (path: string | Path): Condition => ({ is: 'present', path: toPath(path) });
export const absent = (path: string | Path): Condition => ({ is: 'absent', path: toPath(path) });
export const equal = (path: string | Path, value: string | number | boolean): Condition => ({
  is: 'equal',
  path: toPath(path),
  value,
});
export const notEqual = (path: string | Path, value: string | number | boolean): Condition => ({
  is: 'notEqual',
  path: toPath(path),
  value,
});
export const atLeast = (path: string | Path, value: number): Condition => ({
  is: 'atLeast',
  path: toPath(path),
  value,
});
export const atMost = (path: string | Path, value: number): Condition => ({ is: 'atMost', path: toPath(path), value });
export const oneOf = (path: string | Path, values: readonly string[]): Condition => ({
  is: 'oneOf',
  path: toPath(path),
  values,
});
export const any = (...of: readonly Condition[]): Condition => ({ is: 'any', of });
export const all = (...of: readonly Condition[]): Condition => ({ is: 'all', of });

export const set = (path: string | Path, to: unknown): Change => ({ path: toPath(path), to });
export const plus = (path: string | Path, amount: number, from?: number): Change =>
  from === undefined ? { path: toPath(path), plus: amount } : { path: toPath(path), plus: amount, from };
export const setDefault = (path: string | Path, value: unknown): Change => ({ path: toPath(path), default: value });

/** One `set` for each attribute that has a value. */
export const setAll = (values: Readonly<Record<string, unknown>>): readonly Change[] =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => set(name, value));
