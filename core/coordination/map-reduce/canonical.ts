import type { Json } from '../../contract/json.ts';

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
};

/** A value's text, the same for equal values whatever the order of their fields. */
export const canonical = (value: Json): string => JSON.stringify(sorted(value));

/** A JSON object. */
export type JsonObject = { [name: string]: Json };

/** Whether a value is an object and not a list. */
export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
