/** How many operations of each replica something has seen. A replica that is absent stands at 0. */
export type VectorClock = Readonly<Record<string, number>>;

/** How two clocks stand to each other. */
export type ClockOrder = 'before' | 'after' | 'equal' | 'concurrent';

/** The clock of somebody who has seen nothing. */
export const noClock: VectorClock = {};

/** What a clock says of a replica. */
export const seenOf = (clock: VectorClock, replica: string): number =>
  Object.hasOwn(clock, replica) ? (clock[replica] ?? 0) : 0;

/** The clock after one more operation of a replica. */
export const tick = (clock: VectorClock, replica: string): VectorClock => ({
  ...clock,
  [replica]: seenOf(clock, replica) + 1,
});

/** The least clock that has seen what either has. */
export const mergeClocks = (a: VectorClock, b: VectorClock): VectorClock => {
  const merged: Record<string, number> = { ...a };
  for (const [replica, count] of Object.entries(b)) merged[replica] = Math.max(count, seenOf(a, replica));
  return merged;
};

/** Whether a clock has seen all that another has. */
export const covers = (clock: VectorClock, other: VectorClock): boolean =>
  Object.entries(other).every(([replica, count]) => seenOf(clock, replica) >= count);

/** Tells whether one has seen the other. */
export const compareClocks = (a: VectorClock, b: VectorClock): ClockOrder => {
  const isAfter = covers(a, b);
  const isBefore = covers(b, a);
  if (isAfter && isBefore) return 'equal';
  if (isAfter) return 'after';
  return isBefore ? 'before' : 'concurrent';
};

/** What of a clock is news for one that stands at `since`. */
export const clockDelta = (clock: VectorClock, since: VectorClock): VectorClock =>
  Object.fromEntries(Object.entries(clock).filter(([replica, count]) => count > seenOf(since, replica)));

/** An event with the clock as it stands now: a copy, which later operations leave as it is. */
export const stamped = <Event>(
  event: Event,
  clock: VectorClock,
): { readonly event: Event; readonly clock: VectorClock } => ({
  event,
  clock: { ...clock },
});
