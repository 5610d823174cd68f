import { predictor, remainingMs } from '../predict.ts';
import type { SelectionStrategy } from '../strategy.ts';

/** A finish further away than this is no prediction. */
const horizonMs = 24 * 3600_000;

/**
 * Prefers the agent that would finish the task first: the estimated completion of its present work (its predicted
 * remaining time, spread over its slots) plus the predicted duration at that agent. Finishes beyond 24 h come last.
 * Nothing to say when all are beyond, or when there is neither a measurement nor an estimate of this type of task.
 */
export const predictive: SelectionStrategy = {
  name: 'predictive',
  score: (request) => {
    const { task, candidates, nowMs } = request;
    const predict = predictor(request);
    const scored = candidates.flatMap((candidate) => {
      const duration = predict(candidate, task.type);
      if (duration === undefined) return [];
      const busy = remainingMs({ candidate, nowMs }, predict, duration) / candidate.slots.maxConcurrency;
      const tier = busy + duration <= horizonMs ? 1 : 0;
      return [{ candidate, terms: { present: -busy, duration: -duration }, tier, score: -(busy + duration) }];
    });
    return scored.length < candidates.length || scored.every(({ tier }) => tier === 0) ? undefined : scored;
  },
};
