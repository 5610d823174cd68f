import type { Json } from '../../contract/json.ts';
import { isObject, type JsonObject } from './canonical.ts';

/** An entry of a part's list, and whose it is. */
export interface Entry {
  readonly part: string;
  readonly value: JsonObject;
}

/** Entries that can be read, and how many cannot. */
export interface Entries {
  readonly entries: readonly Entry[];
  readonly unreadable: number;
}

/**
 * The objects of each output: it is a list of them, or an object with such a list under `field`. What is neither is
 * counted, so that nothing is lost unseen.
 */
export const entriesOf = (
  parts: readonly { readonly name: string; readonly output: Json }[],
  field: string,
): Entries => {
  const entries: Entry[] = [];
  let unreadable = 0;
  for (const { name, output } of parts) {
    const list = isObject(output) ? (output[field] ?? null) : output;
    if (!Array.isArray(list)) unreadable += 1;
    for (const value of Array.isArray(list) ? list : [])
      if (isObject(value)) entries.push({ part: name, value });
      else unreadable += 1;
  }
  return { entries, unreadable };
};

/** A field's text; empty when it has none. */
export const textAt = (value: JsonObject, field: string): string => {
  const text = value[field];
  return typeof text === 'string' || typeof text === 'number' ? String(text) : '';
};
