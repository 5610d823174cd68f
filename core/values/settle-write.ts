import { canonicalJson } from '../common/hash-id.ts';
import { type Json, jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import type { WriteStrategy, Written } from '../contract/value.ts';

/** Two writes of one value that did not know of each other, and what both began with. */
export interface WriteConflict {
  readonly current: Written;
  readonly proposed: Written;
  /** What the proposed one had seen; `undefined` when that is not known any more. */
  readonly base: Json | undefined;
}

/** What a strategy makes of it. `ask`: somebody else decides. */
export type WriteVerdict =
  | { readonly strategy: WriteStrategy; readonly outcome: 'proposed' | 'current' | 'merged'; readonly value: Json }
  | { readonly strategy: 'consensus_required' | 'manual'; readonly outcome: 'ask' };

type JsonObject = { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const same = (a: Json | undefined, b: Json | undefined): boolean =>
  (a === undefined) === (b === undefined) && (a === undefined || canonicalJson(a) === canonicalJson(b));

const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** One field of three: whoever changed it is right; two who changed it differently are not compatible. */
const mergeField = (
  base: Json | undefined,
  one: Json | undefined,
  other: Json | undefined,
): { readonly value: Json | undefined } | undefined => {
  if (same(one, other) || same(base, other)) return { value: one };
  if (same(base, one)) return { value: other };
  if (!isObject(one) || !isObject(other)) return undefined;
  const value = mergeObjects(isObject(base) ? base : {}, one, other);
  return value === undefined ? undefined : { value };
};

/** Both changes of an object together; `undefined` when they touch the same field. */
const mergeObjects = (base: JsonObject, one: JsonObject, other: JsonObject): JsonObject | undefined => {
  const merged: [string, Json][] = [];
  for (const key of new Set([...Object.keys(base), ...Object.keys(one), ...Object.keys(other)])) {
    const field = mergeField(own(base, key), own(one, key), own(other, key));
    if (field === undefined) return undefined;
    if (field.value !== undefined) merged.push([key, field.value]);
  }
  return Object.fromEntries(merged);
};

type Rule = (conflict: WriteConflict) => WriteVerdict | undefined;

const choose = (
  strategy: WriteStrategy,
  { current, proposed }: WriteConflict,
  order: number,
): WriteVerdict | undefined => {
  if (order === 0) return undefined;
  return order > 0
    ? { strategy, outcome: 'proposed', value: proposed.value }
    : { strategy, outcome: 'current', value: current.value };
};

const mergeCompatible: Rule = ({ current, proposed, base }) => {
  if (!isObject(base) || !isObject(current.value) || !isObject(proposed.value)) return undefined;
  const value = mergeObjects(base, current.value, proposed.value);
  // Two that fit may not fit together, and what merges with that still less.
  return value === undefined || jsonBytes(value) > limits.valueBytes
    ? undefined
    : { strategy: 'merge_compatible', outcome: 'merged', value };
};

const rules: Readonly<Record<Exclude<WriteStrategy, 'consensus_required' | 'manual'>, Rule>> = {
  last_write_wins: (conflict) => choose('last_write_wins', conflict, conflict.proposed.at - conflict.current.at),
  highest_priority_wins: (conflict) =>
    choose('highest_priority_wins', conflict, conflict.proposed.priority - conflict.current.priority),
  merge_compatible: mergeCompatible,
};

/**
 * Settles two writes by the first strategy of a chain that can: by time, where the times differ; by priority, where these
 * do; by merging, where both are objects that changed different fields; by a vote, where somebody may vote. At the end of
 * every chain people decide.
 */
export const settleWrite = (
  chain: readonly WriteStrategy[],
  conflict: WriteConflict,
  mayVote: boolean,
): WriteVerdict => {
  for (const strategy of chain) {
    if (strategy === 'manual') break;
    if (strategy === 'consensus_required') {
      if (mayVote) return { strategy, outcome: 'ask' };
      continue;
    }
    const verdict = rules[strategy](conflict);
    if (verdict !== undefined) return verdict;
  }
  return { strategy: 'manual', outcome: 'ask' };
};
