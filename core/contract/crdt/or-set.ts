import { clockDelta, mergeClocks, noClock, seenOf, tick, type VectorClock } from './vector-clock.ts';

/**
 * A set in which an addition wins over a removal that has not seen it. Each addition is a dot (replica, number); an
 * element is in the set while a dot of it is. There are no tombstones: a dot that the clock has seen and no element has
 * was removed. So what a set keeps grows with its elements and replicas, never with its history.
 */
export interface ORSet {
  /** Every operation that made the set what it is, removals included. */
  readonly clock: VectorClock;
  /** The dots of each element, of each replica the newest. */
  readonly entries: Readonly<Record<string, VectorClock>>;
  /** The newest removal of each replica. */
  readonly removals: VectorClock;
}

/** The empty set. */
export const noElements: ORSet = { clock: noClock, entries: {}, removals: noClock };

/** What is in a set, in order. */
export const elementsOf = ({ entries }: Pick<ORSet, 'entries'>): readonly string[] => Object.keys(entries).toSorted();

/** The dots of an element; none when it is not in the set. */
export const dotsOf = ({ entries }: Pick<ORSet, 'entries'>, element: string): VectorClock =>
  Object.hasOwn(entries, element) ? (entries[element] ?? noClock) : noClock;

/** The set with an element; one more operation of the replica. */
export const addElement = (set: ORSet, replica: string, element: string): ORSet => {
  const clock = tick(set.clock, replica);
  const dots = { ...dotsOf(set, element), [replica]: seenOf(clock, replica) };
  return { ...set, clock, entries: { ...set.entries, [element]: dots } };
};

/** The set without the additions of an element that `seen` has; what else was added meanwhile stays. */
export const removeElement = (
  set: ORSet,
  replica: string,
  { element, seen = set.clock }: { readonly element: string; readonly seen?: VectorClock },
): ORSet => {
  const clock = tick(set.clock, replica);
  const { [element]: _removed, ...others } = set.entries;
  const left = clockDelta(dotsOf(set, element), seen);
  const entries = Object.keys(left).length === 0 ? others : { ...others, [element]: left };
  return { clock, entries, removals: { ...set.removals, [replica]: seenOf(clock, replica) } };
};

/** Dots that both have, or that the other has not seen. */
const survivors = (mine: VectorClock, theirs: VectorClock, theirClock: VectorClock): VectorClock =>
  Object.fromEntries(
    Object.entries(mine).filter(
      ([replica, dot]) => seenOf(theirs, replica) === dot || dot > seenOf(theirClock, replica),
    ),
  );

/** Both: what either added and neither has seen removed. */
export const mergeSets = (a: ORSet, b: ORSet): ORSet => {
  const entries: Record<string, VectorClock> = {};
  for (const element of new Set([...Object.keys(a.entries), ...Object.keys(b.entries)])) {
    const [ofA, ofB] = [dotsOf(a, element), dotsOf(b, element)];
    const dots = mergeClocks(survivors(ofA, ofB, b.clock), survivors(ofB, ofA, a.clock));
    if (Object.keys(dots).length > 0) entries[element] = dots;
  }
  return { clock: mergeClocks(a.clock, b.clock), entries, removals: mergeClocks(a.removals, b.removals) };
};
