import { canonicalJson, type Json } from '../json.ts';
import { addToCounter, mergePNCounters, noCount, type PNCounter, pnCounterValue } from './counters.ts';
import { entryOf, type LWWMap, mapValues, mergeMaps, setEntry } from './lww-map.ts';
import { addElement, elementsOf, mergeSets, noElements, type ORSet, removeElement } from './or-set.ts';
import { mergeClocks, noClock, seenOf, tick, type VectorClock } from './vector-clock.ts';

/** What can be shared under a name. Names of different kinds do not meet. */
export type PartKind = 'counter' | 'set' | 'map';

/**
 * What is shared under one name. `era` is when its present list of replicas began: replicas that were silent for long are
 * folded into one, which begins a new era, and of two eras the later one is right.
 */
interface PartOf<Kind extends PartKind> {
  readonly kind: Kind;
  readonly era: number;
  readonly clock: VectorClock;
}
export type CounterPart = PartOf<'counter'> & { readonly count: PNCounter };
export type SetPart = PartOf<'set'> & ORSet;
export type MapPart = PartOf<'map'> & { readonly entries: LWWMap };
export type Part = CounterPart | SetPart | MapPart;

/** One change of what is shared under a name. */
export type PartOp =
  | { readonly op: 'increment'; readonly by: number }
  | { readonly op: 'addToSet'; readonly value: Json }
  | {
      readonly op: 'removeFromSet';
      readonly value: Json;
      /** What its sender had seen, and of which era; all there is when left out. */
      readonly seen?: VectorClock | undefined;
      readonly era?: number | undefined;
    }
  | { readonly op: 'setMap'; readonly key: string; readonly value: Json; readonly at: number };

/** Who makes a change: its replica, and the agent or principal behind it. */
export interface Writer {
  readonly replica: string;
  readonly by: string;
}

/** The replica that has what was folded. No other has this name. */
export const baseReplica = '0';

/** The kind of part that an operation changes. */
export const kindOfOp = { increment: 'counter', addToSet: 'set', removeFromSet: 'set', setMap: 'map' } as const;

/** Nothing under a name yet. */
export const newPart = (kind: PartKind, era: number): Part => {
  if (kind === 'counter') return { kind, era, clock: noClock, count: noCount };
  if (kind === 'set') return { kind, era, ...noElements };
  return { kind, era, clock: noClock, entries: {} };
};

const remove = (part: SetPart, { replica }: Writer, op: Extract<PartOp, { op: 'removeFromSet' }>): ORSet => {
  const element = canonicalJson(op.value);
  if (op.seen === undefined) return removeElement(part, replica, { element });
  // A writer has seen what it wrote itself; and what was folded since its era is older than what it had seen.
  const own = { [replica]: seenOf(part.clock, replica) };
  const folded = (op.era ?? 0) < part.era ? { [baseReplica]: seenOf(part.clock, baseReplica) } : {};
  return removeElement(part, replica, { element, seen: mergeClocks(op.seen, { ...own, ...folded }) });
};

/** The operation is of another kind than the part. */
class PartKindError extends TypeError {
  override readonly name = 'PartKindError';
  constructor(part: Part, op: PartOp) {
    super(`A ${part.kind} has no ${op.op}.`);
  }
}

/** A part after a change: one more operation of the writer's replica. @throws CounterRangeError, PartKindError. */
export const applyOp = (part: Part, writer: Writer, op: PartOp): Part => {
  const { replica } = writer;
  if (part.kind === 'counter' && op.op === 'increment')
    return { ...part, clock: tick(part.clock, replica), count: addToCounter(part.count, replica, op.by) };
  if (part.kind === 'set' && op.op === 'addToSet')
    return { ...part, ...addElement(part, replica, canonicalJson(op.value)) };
  if (part.kind === 'set' && op.op === 'removeFromSet') return { ...part, ...remove(part, writer, op) };
  if (part.kind === 'map' && op.op === 'setMap') {
    const clock = tick(part.clock, replica);
    const entry = { value: op.value, at: op.at, by: writer.by, replica, dot: seenOf(clock, replica) };
    return { ...part, clock, entries: setEntry(part.entries, op.key, entry) };
  }
  throw new PartKindError(part, op);
};

/** When the next write of a key has to be later than everything that is known of it. */
export const nextTime = (part: MapPart | undefined, key: string, nowMs: number): number =>
  Math.max(nowMs, (part === undefined ? 0 : (entryOf(part.entries, key)?.at ?? 0)) + 1);

/** What both know of a name: of different eras the later, of one era everything that either has. */
export const mergeParts = (a: Part, b: Part): Part => {
  if (a.era !== b.era) return a.era > b.era ? a : b;
  const clock = mergeClocks(a.clock, b.clock);
  if (a.kind === 'counter' && b.kind === 'counter') return { ...a, clock, count: mergePNCounters(a.count, b.count) };
  if (a.kind === 'set' && b.kind === 'set') return { ...a, ...mergeSets(a, b) };
  if (a.kind === 'map' && b.kind === 'map') return { ...a, clock, entries: mergeMaps(a.entries, b.entries) };
  return a;
};

/** What is shared, for whoever reads it. */
export interface StateValues {
  readonly counters: Readonly<Record<string, number>>;
  /** Elements in the order of their JSON. */
  readonly sets: Readonly<Record<string, readonly Json[]>>;
  readonly maps: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

/** Everything of a scope, by {@link partIdOf}. */
export type StateParts = Readonly<Record<string, Part>>;

/** A part's place in its scope. */
export const partIdOf = (kind: PartKind, name: string): string => `${kind}:${name}`;

const nameOf = (partId: string): string => partId.slice(partId.indexOf(':') + 1);

const parseElement = (element: string): Json => JSON.parse(element);

/** The values of a scope's parts. */
export const valuesOf = (parts: StateParts): StateValues => {
  const counters: [string, number][] = [];
  const sets: [string, readonly Json[]][] = [];
  const maps: [string, Readonly<Record<string, Json>>][] = [];
  for (const [id, part] of Object.entries(parts).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (part.kind === 'counter') counters.push([nameOf(id), pnCounterValue(part.count)]);
    if (part.kind === 'set') sets.push([nameOf(id), elementsOf(part).map(parseElement)]);
    if (part.kind === 'map') maps.push([nameOf(id), mapValues(part.entries)]);
  }
  return {
    counters: Object.fromEntries(counters),
    sets: Object.fromEntries(sets),
    maps: Object.fromEntries(maps),
  };
};

/** The values of what two replicas know of a scope together. */
export const mergeStates = (a: StateParts, b: StateParts): StateValues => {
  const merged: Record<string, Part> = { ...a };
  for (const [id, part] of Object.entries(b)) {
    const known = a[id];
    merged[id] = known === undefined ? part : mergeParts(known, part);
  }
  return valuesOf(merged);
};

/** The dots of an element that were folded become one of the base. */
const foldDots = (dots: VectorClock, isFolded: (replica: string) => boolean, base: number): VectorClock => {
  const kept = Object.fromEntries(Object.entries(dots).filter(([replica]) => !isFolded(replica)));
  return Object.keys(kept).length === Object.keys(dots).length ? dots : { ...kept, [baseReplica]: base };
};

const foldCounts = (counts: VectorClock, isFolded: (replica: string) => boolean): VectorClock => {
  const folded = Object.entries(counts).filter(([replica]) => isFolded(replica));
  const sum = folded.reduce((total, [, count]) => total + count, seenOf(counts, baseReplica));
  const kept = Object.fromEntries(Object.entries(counts).filter(([replica]) => !isFolded(replica)));
  return sum === 0 ? kept : { ...kept, [baseReplica]: sum };
};

/**
 * The same values with the parts of some replicas given to the base, as of a new era. Only where all changes come together
 * may this be done, and only of replicas of which nothing is under way any more.
 */
export const foldReplicas = (part: Part, replicas: readonly string[], era: number): Part => {
  const gone = new Set(replicas);
  const isFolded = (replica: string): boolean => gone.has(replica);
  const kept = Object.fromEntries(Object.entries(part.clock).filter(([replica]) => !isFolded(replica)));
  const base = seenOf(part.clock, baseReplica) + 1;
  const clock = { ...kept, [baseReplica]: base };
  if (part.kind === 'counter') {
    const { plus, minus } = part.count;
    return { ...part, era, clock, count: { plus: foldCounts(plus, isFolded), minus: foldCounts(minus, isFolded) } };
  }
  if (part.kind === 'set') {
    const entries = Object.entries(part.entries).map(([element, dots]) => [element, foldDots(dots, isFolded, base)]);
    const removals = Object.fromEntries(Object.entries(part.removals).filter(([replica]) => !isFolded(replica)));
    return { ...part, era, clock, entries: Object.fromEntries(entries), removals };
  }
  const entries = Object.entries(part.entries).map(([key, entry]) => [
    key,
    isFolded(entry.replica) ? { ...entry, replica: baseReplica, dot: base } : entry,
  ]);
  return { ...part, era, clock, entries: Object.fromEntries(entries) };
};
