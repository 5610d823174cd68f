import type { Item } from '#core/table/table.ts';

const isMap = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) !== null;

const withoutUndefined = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.filter((entry) => entry !== undefined).map(withoutUndefined);
  }
  return isMap(value) ? plainItem(value) : value;
};

/** A deep copy as the table stores it: undefined values are left out. */
export const plainItem = (item: Item): Item =>
  Object.fromEntries(
    Object.entries(item)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, withoutUndefined(value)]),
  );
