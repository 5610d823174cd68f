import { predictor, remainingMs } from '../predict.ts';
import type { SelectionStrategy } from '../strategy.ts';

/**
 * Prefers the agent with the least work before it, this task included: Σ predicted remaining time of its live tasks plus
 * the task's estimate (the submitter's, else the predicted duration at that agent). Nothing to say while there is
 * neither an estimate nor a measurement of this type of task.
 */
export const leastRemainingTime: SelectionStrategy = {
  name: 'least_remaining_time',
  score: (request) => {
    const { task, candidates, nowMs } = request;
    const predict = predictor(request);
    const scored = candidates.flatMap((candidate) => {
      const estimate = task.estimatedDurationMs ?? predict(candidate, task.type);
      if (estimate === undefined) return [];
      const terms = { remaining: -remainingMs({ candidate, nowMs }, predict, estimate), estimate: -estimate };
      return [{ candidate, terms, score: terms.remaining + terms.estimate }];
    });
    return scored.length < candidates.length ? undefined : scored;
  },
};
