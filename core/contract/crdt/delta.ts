import { pnCounterDelta } from './counters.ts';
import type { LWWMap } from './lww-map.ts';
import { dotsOf, type ORSet } from './or-set.ts';
import { type CounterPart, type MapPart, mergeParts, newPart, type Part, type SetPart } from './part.ts';
import { clockDelta, covers, mergeClocks, seenOf, type VectorClock } from './vector-clock.ts';

/** What a replica has seen of a part. */
export interface Seen {
  readonly era: number;
  readonly clock: VectorClock;
}

/**
 * What of a part is news: the whole of it, or what was added to what a replica has that has seen `since`. Merging it once
 * more, late, or in another order does no harm.
 */
export type PartDelta = (
  | CounterPart
  | (SetPart & {
      /** Dots that were removed since. */
      readonly gone?: ORSet['entries'] | undefined;
    })
  | MapPart
) & {
  /** Absent when it is whole. */
  readonly since?: VectorClock | undefined;
};

const newerDots = (entries: ORSet['entries'], since: VectorClock): ORSet['entries'] =>
  Object.fromEntries(
    Object.entries(entries)
      .map(([element, dots]): [string, VectorClock] => [element, clockDelta(dots, since)])
      .filter(([, dots]) => Object.keys(dots).length > 0),
  );

const newerEntries = (entries: LWWMap, since: VectorClock): LWWMap =>
  Object.fromEntries(Object.entries(entries).filter(([, { replica, dot }]) => dot > seenOf(since, replica)));

/** The counts of replicas that did something since: they may be as they were. */
const newerCounts = (part: CounterPart, since: VectorClock): CounterPart['count'] => {
  const isNewer = ([replica]: [string, number]): boolean => seenOf(part.clock, replica) > seenOf(since, replica);
  return {
    plus: Object.fromEntries(Object.entries(part.count.plus).filter(isNewer)),
    minus: Object.fromEntries(Object.entries(part.count.minus).filter(isNewer)),
  };
};

/**
 * What is news for one who has seen so much; nothing when that is all. A set from which something was removed meanwhile is
 * news as a whole: a removal leaves nothing behind that could be told.
 */
export const deltaSince = (part: Part, seen: Seen | undefined): PartDelta | undefined => {
  if (seen === undefined || seen.era < part.era) return part;
  if (seen.era > part.era || covers(seen.clock, part.clock)) return undefined;
  const since = seen.clock;
  const clock = clockDelta(part.clock, since);
  if (part.kind === 'counter') return { ...part, since, clock, count: newerCounts(part, since) };
  if (part.kind === 'map') return { ...part, since, clock, entries: newerEntries(part.entries, since) };
  if (!covers(since, part.removals)) return part;
  return { ...part, since, clock, entries: newerDots(part.entries, since), removals: {} };
};

const goneBetween = (before: SetPart, after: SetPart): ORSet['entries'] =>
  Object.fromEntries(
    Object.entries(before.entries)
      .map(([element, dots]): [string, VectorClock] => {
        const left = dotsOf(after, element);
        return [element, Object.fromEntries(Object.entries(dots).filter(([replica]) => !Object.hasOwn(left, replica)))];
      })
      .filter(([, dots]) => Object.keys(dots).length > 0),
  );

/** What a change has made of a part, removals and all, for those who saw it before. */
export const deltaBetween = (before: Part, after: Part): PartDelta => {
  if (before.era !== after.era || before.kind !== after.kind) return after;
  const since = before.clock;
  const clock = clockDelta(after.clock, since);
  if (after.kind === 'counter' && before.kind === 'counter')
    return { ...after, since, clock, count: pnCounterDelta(after.count, before.count) };
  if (after.kind !== 'set' || before.kind !== 'set') return deltaSince(after, before) ?? { ...after, since };
  return {
    ...after,
    since,
    clock,
    entries: newerDots(after.entries, since),
    removals: clockDelta(after.removals, before.removals),
    gone: goneBetween(before, after),
  };
};

const addToSetPart = (part: SetPart, delta: Extract<PartDelta, { kind: 'set' }>): SetPart => {
  const entries: Record<string, VectorClock> = { ...part.entries };
  for (const [element, dots] of Object.entries(delta.entries)) {
    // What the clock has seen and the set does not have was removed.
    const fresh = clockDelta(dots, part.clock);
    if (Object.keys(fresh).length > 0) entries[element] = mergeClocks(dotsOf(part, element), fresh);
  }
  for (const [element, gone] of Object.entries(delta.gone ?? {})) {
    const dots = Object.hasOwn(entries, element) ? (entries[element] ?? {}) : {};
    const left = clockDelta(dots, gone);
    if (Object.keys(left).length === 0) delete entries[element];
    else entries[element] = left;
  }
  return { ...part, entries, removals: mergeClocks(part.removals, delta.removals) };
};

const addTo = (part: Part, delta: PartDelta): Part => {
  const clock = mergeClocks(part.clock, delta.clock);
  if (part.kind === 'set' && delta.kind === 'set') return { ...addToSetPart(part, delta), clock };
  return mergeParts({ ...part, clock }, delta);
};

/** What a replica has of a part after some news; `isBehind` when it lacks what came before, and has to ask for it. */
export interface Received {
  readonly part: Part | undefined;
  readonly isBehind: boolean;
}

const wholeOf = (delta: PartDelta): Part => {
  const { since: _since, ...part } = delta;
  return part;
};

/** Merges news into what a replica has. */
export const receiveDelta = (part: Part | undefined, delta: PartDelta): Received => {
  if (delta.since === undefined)
    return { part: part === undefined ? wholeOf(delta) : mergeParts(part, wholeOf(delta)), isBehind: false };
  const known = part ?? newPart(delta.kind, delta.era);
  if (delta.era < known.era) return { part, isBehind: false };
  if (delta.era > known.era || !covers(known.clock, delta.since)) return { part, isBehind: true };
  return { part: addTo(known, delta), isBehind: false };
};
