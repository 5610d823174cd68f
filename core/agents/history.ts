import * as z from 'zod';
import { plus, set } from '../table/conditions.ts';
import type { Change, Path } from '../table/table.ts';
import type { Slots } from './agent.ts';

/** What the platform observed of a finished attempt; feeds what is known of the agent at that type of task. */
export interface Outcome {
  readonly type: string;
  readonly succeeded: boolean;
  readonly workMs: number;
  readonly costUsd?: number;
  /** From the assignment to the agent's first word about it, where that was not the end. */
  readonly answerMs?: number;
}

/** What is known of an agent at one type of task. `undefined`: not observed yet. */
export interface History {
  /** Finished attempts, exact. */
  readonly count: number;
  /** Those that succeeded, exact. */
  readonly succeeded: number;
  /** Share of successes, 0 to 1; recent ones weigh more. */
  readonly successRate: number | undefined;
  /** How long a successful attempt takes; recent ones weigh more. A failure says nothing about speed. */
  readonly durationMs: number | undefined;
  /** What an attempt that reports its cost costs; recent ones weigh more. */
  readonly costUsd: number | undefined;
}

/** Types of task remembered per agent. One takes about 75 bytes of the slots item and five times its name. */
export const rememberedTypes = 20;

/**
 * Weight of a new value once enough are known; before that every value weighs the same (a plain mean). The success rate
 * remembers longer: with 0.05 chance moves an agent of 90 % by ±5 points, with 0.1 by ±7.
 */
export const averageWeights = { durationMs: 0.1, costUsd: 0.1, successRate: 0.05 } as const;

const Averages = z.looseObject({
  ok: z.number(),
  ms: z.number().optional(),
  usd: z.number().optional(),
  /** Raised by each outcome: the type with the lowest is the one not seen for longest. */
  turn: z.int(),
});
type Averages = z.infer<typeof Averages>;

// Top level attributes: a counter within a map could only be added to where that map is known to exist.
const prefixes = { count: 'h:n:', succeeded: 'h:ok:', averages: 'h:avg:', totalMs: 'h:ms:' } as const;

/**
 * Upper bounds of the buckets by which durations are counted, in milliseconds; the last one is endless. A bucket that
 * nothing fell into takes no room in the item, and durations of one type lie in two or three.
 */
export const durationBounds = [100, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000] as const;

const bucketName = (bucket: number, type: string): string => `h:b${bucket}:${type}`;
const bucketOf = (ms: number): number => {
  const found = durationBounds.findIndex((bound) => ms <= bound);
  return found < 0 ? durationBounds.length : found;
};
const everyBucket = Array.from({ length: durationBounds.length + 1 }, (_, bucket) => bucket);

/** How long it takes until an agent says something about an assignment, over all types. */
const answerNames = { count: 'h:answers', totalMs: 'h:answerMs' } as const;

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

const averagesOf = (slots: Slots, type: string): Averages | undefined => {
  const stored = slots[prefixes.averages + type];
  return stored === undefined ? undefined : Averages.safeParse(stored).data;
};

/** The history of a slots item for a type of task; counts are zero when nothing is known. */
export const historyOf = (slots: Slots, type: string): History => {
  const averages = averagesOf(slots, type);
  return {
    count: numberOf(slots[prefixes.count + type]),
    succeeded: numberOf(slots[prefixes.succeeded + type]),
    successRate: averages?.ok,
    durationMs: averages?.ms,
    costUsd: averages?.usd,
  };
};

/** How an agent's attempts at a type of task were spread over time. */
export interface Durations {
  readonly totalMs: number;
  /** How many lie in each bucket of {@link durationBounds}, and in the endless one after them. */
  readonly buckets: readonly number[];
}

/** The durations of a slots item for a type of task. */
export const durationsOf = (slots: Slots, type: string): Durations => ({
  totalMs: numberOf(slots[prefixes.totalMs + type]),
  buckets: everyBucket.map((bucket) => numberOf(slots[bucketName(bucket, type)])),
});

/** How often an agent said something before the end of an attempt, and how long all that took. */
export const answersOf = (slots: Slots): { readonly count: number; readonly totalMs: number } => ({
  count: numberOf(slots[answerNames.count]),
  totalMs: numberOf(slots[answerNames.totalMs]),
});

/** The types of task of which a slots item has a history. */
export const historyTypes = (slots: Slots): readonly string[] =>
  Object.keys(slots)
    .filter((name) => name.startsWith(prefixes.count))
    .map((name) => name.slice(prefixes.count.length));

/** Six digits are more than any decision needs, and keep the item small. */
const rounded = (value: number): number => Number(value.toPrecision(6));

const moved = (before: number | undefined, value: number, weight: number): number =>
  rounded(before === undefined ? value : before + weight * (value - before));

const nextAverages = (outcome: Outcome, before: Slots): Averages => {
  const { count, succeeded } = historyOf(before, outcome.type);
  const known = averagesOf(before, outcome.type);
  const turns = historyTypes(before).map((type) => averagesOf(before, type)?.turn ?? 0);
  const weight = (field: keyof typeof averageWeights, seen: number) => Math.max(averageWeights[field], 1 / (seen + 1));
  const workMs = Math.max(0, Math.round(outcome.workMs));
  const ms = outcome.succeeded ? moved(known?.ms, workMs, weight('durationMs', succeeded)) : known?.ms;
  const usd = outcome.costUsd === undefined ? known?.usd : moved(known?.usd, outcome.costUsd, weight('costUsd', count));
  return {
    ok: moved(known?.ok, outcome.succeeded ? 1 : 0, weight('successRate', count)),
    ...(ms === undefined ? {} : { ms }),
    ...(usd === undefined ? {} : { usd }),
    turn: Math.max(0, ...turns) + 1,
  };
};

/** Types that make room for a new one: those not seen for longest. */
const forgotten = (type: string, before: Slots): readonly string[] => {
  const known = historyTypes(before);
  if (known.includes(type)) return [];
  const turnOf = (name: string) => averagesOf(before, name)?.turn ?? 0;
  const excess = Math.max(0, known.length - (rememberedTypes - 1));
  return known.toSorted((a, b) => turnOf(a) - turnOf(b)).slice(0, excess);
};

const durationChanges = ({ type, workMs, answerMs }: Outcome): readonly Change[] => {
  const ms = Math.max(0, Math.round(workMs));
  return [
    plus(prefixes.totalMs + type, ms, 0),
    plus(bucketName(bucketOf(ms), type), 1, 0),
    ...(answerMs === undefined
      ? []
      : [plus(answerNames.count, 1, 0), plus(answerNames.totalMs, Math.max(0, Math.round(answerMs)), 0)]),
  ];
};

/**
 * What an outcome changes of the slots item, to ride in the write that frees the slot. Counts are added to, so they are
 * exact whatever else is written meanwhile. Averages are computed from the item as `before` was read: of two outcomes
 * at the same instant one average may be lost, which moves it by at most one value's weight and harms nobody.
 */
export const outcomeChanges = (
  outcome: Outcome,
  before: Slots,
): { readonly set: readonly Change[]; readonly remove: readonly Path[] } => ({
  set: [
    plus(prefixes.count + outcome.type, 1, 0),
    plus(prefixes.succeeded + outcome.type, outcome.succeeded ? 1 : 0, 0),
    set(prefixes.averages + outcome.type, nextAverages(outcome, before)),
    ...durationChanges(outcome),
  ],
  remove: forgotten(outcome.type, before).flatMap((type) => [
    ...Object.values(prefixes).map((prefix): Path => [prefix + type]),
    ...everyBucket.map((bucket): Path => [bucketName(bucket, type)]),
  ]),
});
