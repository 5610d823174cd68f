import { clockDelta, mergeClocks, seenOf } from './vector-clock.ts';

/** A number that only grows: what each replica has added. Merging takes the greater of each. */
export type GCounter = Readonly<Record<string, number>>;

/** A number that grows and shrinks: what was added to it, and what was taken away. */
export interface PNCounter {
  readonly plus: GCounter;
  readonly minus: GCounter;
}

/** 0, of nobody. */
export const noCount: PNCounter = { plus: {}, minus: {} };

/** The amount is not one that the counter can take. */
export class CounterRangeError extends RangeError {
  override readonly name = 'CounterRangeError';
}

/** What a counter stands at. */
export const gCounterValue = (counter: GCounter): number =>
  Object.values(counter).reduce((sum, count) => sum + count, 0);

/** @throws CounterRangeError for an amount below 0, or a sum that is no safe integer. */
export const growCounter = (counter: GCounter, replica: string, amount: number): GCounter => {
  const grown = seenOf(counter, replica) + amount;
  if (amount < 0 || !Number.isSafeInteger(grown))
    throw new CounterRangeError('A counter takes whole numbers, and their sum must stay below 2^53.');
  return { ...counter, [replica]: grown };
};

/** Both, each replica's part once. */
export const mergeGCounters = (a: GCounter, b: GCounter): GCounter => mergeClocks(a, b);

/** What of a counter another one lacks. */
export const gCounterDelta = (counter: GCounter, since: GCounter): GCounter => clockDelta(counter, since);

/** What was added less what was taken away. */
export const pnCounterValue = ({ plus, minus }: PNCounter): number => gCounterValue(plus) - gCounterValue(minus);

/** Adds an amount; one below 0 takes away. @throws CounterRangeError as {@link growCounter}. */
export const addToCounter = ({ plus, minus }: PNCounter, replica: string, amount: number): PNCounter =>
  amount < 0
    ? { plus, minus: growCounter(minus, replica, -amount) }
    : { plus: growCounter(plus, replica, amount), minus };

/** Both, each replica's part once. */
export const mergePNCounters = (a: PNCounter, b: PNCounter): PNCounter => ({
  plus: mergeGCounters(a.plus, b.plus),
  minus: mergeGCounters(a.minus, b.minus),
});

/** What of a counter another one lacks. */
export const pnCounterDelta = (counter: PNCounter, since: PNCounter): PNCounter => ({
  plus: gCounterDelta(counter.plus, since.plus),
  minus: gCounterDelta(counter.minus, since.minus),
});
