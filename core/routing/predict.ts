import { historyOf } from '../agents/history.ts';
import { remainingOf } from '../agents/workload.ts';
import type { Candidate } from './candidate.ts';
import type { RankRequest } from './strategy.ts';

/** The mean of what is known; `undefined` when nothing is. */
export const meanOf = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
};

/** How long a type of task takes a candidate, as far as anything is known. */
export type Predict = (candidate: Candidate, type: string) => number | undefined;

/**
 * Predicts durations from what was observed: the agent's own, else the mean of the other candidates' for that type, else
 * for the task's own type what its submitter estimated.
 */
export const predictor = ({ task, candidates }: RankRequest): Predict => {
  const pool = new Map<string, number | undefined>();
  const poolMean = (type: string): number | undefined => {
    if (!pool.has(type)) pool.set(type, meanOf(candidates.map(({ slots }) => historyOf(slots, type).durationMs)));
    return pool.get(type);
  };
  return ({ slots }, type) =>
    historyOf(slots, type).durationMs ?? poolMean(type) ?? (type === task.type ? task.estimatedDurationMs : undefined);
};

/**
 * Work that a candidate has before it: what is predicted to remain of each live task that takes room, summed. A task of
 * a type that nobody was measured at counts as `unknownMs`.
 */
export const remainingMs = (
  { candidate, nowMs }: { readonly candidate: Candidate; readonly nowMs: number },
  predict: Predict,
  unknownMs: number,
): number =>
  Object.values(candidate.slots.assigned)
    .filter(({ cost }) => cost > 0)
    .map(({ type, at }) => remainingOf(predict(candidate, type) ?? unknownMs, at, nowMs))
    .reduce((sum, left) => sum + left, 0);
