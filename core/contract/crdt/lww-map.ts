import type { Json } from '../json.ts';

/** What a key was set to, when, and by whom. */
export interface LWWEntry {
  readonly value: Json;
  /** Epoch milliseconds of the writer's clock, later than whatever it had seen of the key. */
  readonly at: number;
  /** The agent, or who else wrote it. */
  readonly by: string;
  /** Which operation it was. */
  readonly replica: string;
  readonly dot: number;
}

/** A map of which each key has what was set last. */
export type LWWMap = Readonly<Record<string, LWWEntry>>;

/** Whether `a` was written after `b`: by time, then by agent; two of one agent by their replica and number. */
export const isLater = (a: LWWEntry, b: LWWEntry): boolean => {
  if (a.at !== b.at) return a.at > b.at;
  if (a.by !== b.by) return a.by > b.by;
  return a.replica === b.replica ? a.dot > b.dot : a.replica > b.replica;
};

/** What a key has, if anything. */
export const entryOf = (map: LWWMap, key: string): LWWEntry | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** The map after a write: the same when what is there was written later. */
export const setEntry = (map: LWWMap, key: string, entry: LWWEntry): LWWMap => {
  const known = entryOf(map, key);
  return known === undefined || isLater(entry, known) ? { ...map, [key]: entry } : map;
};

/** Both: of each key what was written last. */
export const mergeMaps = (a: LWWMap, b: LWWMap): LWWMap =>
  Object.entries(b).reduce((merged, [key, entry]) => setEntry(merged, key, entry), a);

/** The values, in the order of their keys: a table keeps none. */
export const mapValues = (map: LWWMap): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(map)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { value }]) => [key, value]),
  );
