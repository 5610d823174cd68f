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

/** Types of task remembered per agent. One takes about 55 bytes of the slots item and three times its name. */
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
const prefixes = { count: 'h:n:', succeeded: 'h:ok:', averages: 'h:avg:' } as const;

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
  ],
  remove: forgotten(outcome.type, before).flatMap((type) =>
    Object.values(prefixes).map((prefix): Path => [prefix + type]),
  ),
});
