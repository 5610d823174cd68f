import type * as z from 'zod';

type Issue = z.core.$ZodIssue;
type FieldPath = readonly PropertyKey[];

/** What a caller's value says wrong first. */
export interface Fault {
  readonly path: FieldPath;
  /** Without the path, without a full stop. */
  readonly message: string;
  /** It is a field that there is none of. */
  readonly isUnknown: boolean;
  /** How large it may be at most, of one that is too large. */
  readonly limit?: number;
}

const childOf = (value: unknown, key: PropertyKey): unknown => {
  if (typeof value !== 'object' || value === null) return undefined;
  const child: unknown = Reflect.get(value, key);
  return child;
};

const valueAt = (value: unknown, path: FieldPath): unknown => path.reduce<unknown>(childOf, value);

const stepId = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** A path in which what stands in a list goes by its `id`, where it has one: people count no steps. */
export const byId = (path: FieldPath, value: unknown): FieldPath =>
  path.map((key, position) => {
    const list = valueAt(value, path.slice(0, position));
    const id = Array.isArray(list) ? childOf(childOf(list, key), 'id') : undefined;
    return typeof id === 'string' && stepId.test(id) ? id : key;
  });

const choices = (values: readonly unknown[]): string => `must be one of ${values.map(String).join(', ')}`;

const mentions = (branch: readonly Issue[], key: PropertyKey): boolean =>
  branch.some(
    ({ path, ...issue }) =>
      path[0] === key || (path.length === 0 && issue.code === 'unrecognized_keys' && issue.keys.includes(String(key))),
  );

/** The field by whose value the branches differ, where it has none of their values: all of them are what it may be. */
const wrongChoice = (branches: readonly (readonly Issue[])[]): Issue | undefined => {
  const wrong = branches
    .flat()
    .flatMap((issue) => (issue.code === 'invalid_value' && issue.path.length === 1 ? [issue] : []));
  const [first] = wrong;
  const [key] = first?.path ?? [];
  if (first === undefined || key === undefined) return undefined;
  if (branches.length < 2 || !branches.every((branch) => mentions(branch, key))) return undefined;
  const values = wrong.filter(({ path }) => path[0] === key).flatMap((issue) => issue.values);
  return { ...first, values, message: choices(values) };
};

/** Not even the kind of value that the branch takes. */
const isElsewhere = (branch: readonly Issue[]): boolean =>
  branch.some(({ path, code }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'));

const faultsIn = (branch: readonly Issue[]): number =>
  branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);

/** What is wrong with a value by the branch of a union that it was most likely meant for: the one with the fewest faults. */
const meant = (branches: readonly (readonly Issue[])[]): readonly Issue[] => {
  const wrong = wrongChoice(branches);
  if (wrong !== undefined) return [wrong];
  const [nearest = []] = branches.toSorted(
    (left, right) => Number(isElsewhere(left)) - Number(isElsewhere(right)) || faultsIn(left) - faultsIn(right),
  );
  return nearest;
};

/** Issues of unions replaced by those of the branch that was meant, with their whole paths. */
const flatten = (issues: readonly Issue[]): readonly Issue[] =>
  issues.flatMap((issue): readonly Issue[] => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    return meant(issue.errors.map(flatten)).map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
  });

/** What stands in a path or a query is text; where that is no number, nobody has sent `NaN`. */
const isNoNumber = (issue: Issue | undefined): boolean =>
  issue?.code === 'invalid_type' && issue.expected === 'number' && issue.message.endsWith('received NaN');

const messageOf = (issue: Issue | undefined, value: unknown): string => {
  if (isNoNumber(issue)) return 'must be a number';
  if (issue?.code !== 'invalid_union' || !('options' in issue) || issue.options === undefined)
    return issue?.message ?? 'not valid';
  const isMissing = valueAt(value, issue.path) === undefined;
  return `${isMissing ? 'is missing; it ' : ''}${choices(issue.options)}`;
};

/** What may be of several kinds and is not there at all lacks none of them more than another. */
const asMissing = (issue: Issue, value: unknown): Issue =>
  issue.code === 'invalid_union' && !('options' in issue) && valueAt(value, issue.path) === undefined
    ? { code: 'custom', path: issue.path, message: 'is missing' }
    : issue;

/** The first fault that a schema finds in a value, unknown fields before all else. */
export const firstFault = (issues: readonly Issue[], value: unknown): Fault => {
  const flat = flatten(issues.map((issue) => asMissing(issue, value)));
  const unknown = flat.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown?.code === 'unrecognized_keys') {
    const path = byId([...unknown.path, ...unknown.keys.slice(0, 1)], value);
    return { path, message: 'there is no such field', isUnknown: true };
  }
  const [first] = flat;
  const limit = first?.code === 'too_big' ? { limit: Number(first.maximum) } : {};
  return { path: byId(first?.path ?? [], value), message: messageOf(first, value), isUnknown: false, ...limit };
};

/** The first fault in words, as `path: what it must be.` */
export const sayFault = (error: z.ZodError, value: unknown): string => {
  const { path, message } = firstFault(error.issues, value);
  return `${path.length === 0 ? 'the value' : path.map(String).join('.')}: ${message}.`;
};
