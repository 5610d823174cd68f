import type { Item, Path } from '#core/table/table.ts';

/** What DynamoDB answers to a request that no state could make right: a fault of the program, never of its user. */
export class TableValidationError extends Error {
  override readonly name = 'ValidationException';
}

const isMap = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value);

const plainNumber = (value: number): number => {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new TableValidationError(`${value} is no number that the table takes`);
  }
  return value + 0;
};

const plainMap = (value: object): Item => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TableValidationError('Only plain JSON values can be stored');
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([name, entry]) => [name, toPlain(entry)]),
  );
};

/** A deep copy as the table would give it back: undefined left out, everything but JSON refused. */
export const toPlain = (value: unknown): unknown => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return value;
  }
  if (typeof value === 'number') {
    return plainNumber(value);
  }
  if (Array.isArray(value)) {
    return value.filter((entry) => entry !== undefined).map(toPlain);
  }
  if (typeof value === 'object') {
    return plainMap(value);
  }
  throw new TableValidationError(`A ${typeof value} cannot be stored`);
};

export const toPlainItem = (item: Item): Item => plainMap(item);

/** The value at a path; undefined when it or a map above it is absent. */
export const readPath = (item: Item | undefined, path: Path): unknown =>
  path.reduce<unknown>(
    (value, name) => (isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    item ?? {},
  );

const checkParent = (item: Item, path: Path): void => {
  const parent = path.slice(0, -1).reduce<unknown>((value, name) => (isMap(value) ? value[name] : undefined), item);
  if (!isMap(parent)) {
    throw new TableValidationError(
      `The document path provided in the update expression is invalid for update: ${path.join('.')}`,
    );
  }
};

/** A copy with one path changed; `undefined` takes it away. The maps above it must be there. */
export const withPath = (item: Item, path: Path, value: unknown): Item => {
  checkParent(item, path);
  const [name, ...rest] = path;
  const [next, ...others] = rest;
  if (next === undefined) {
    return value === undefined
      ? Object.fromEntries(Object.entries(item).filter(([other]) => other !== name))
      : { ...item, [name]: value };
  }
  const child = item[name];
  return { ...item, [name]: withPath(isMap(child) ? child : {}, [next, ...others], value) };
};

const isPrefix = (shorter: Path, longer: Path): boolean => shorter.every((name, index) => longer[index] === name);

/** Refuses what DynamoDB refuses before it looks at the item: two changes of one place, and changes of the key. */
export const checkPaths = (paths: readonly Path[]): void => {
  for (const [position, path] of paths.entries()) {
    if (path[0] === 'pk' || path[0] === 'sk') {
      throw new TableValidationError(`Cannot update attribute ${path[0]}. This attribute is part of the key`);
    }
    const other = paths.find((candidate, index) => index !== position && isPrefix(candidate, path));
    if (other !== undefined) {
      throw new TableValidationError(`Two document paths overlap with each other: ${path.join('.')}`);
    }
  }
};
