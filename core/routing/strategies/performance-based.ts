import { type History, historyOf } from '../../agents/history.ts';
import type { Priority } from '../../contract/priority.ts';
import { meanOf } from '../predict.ts';
import type { SelectionStrategy } from '../strategy.ts';

const weights = { success: 0.5, speed: 0.3, availability: 0.2 } as const;
/** For tasks that are in a hurry speed counts more. */
const urgentWeights = { success: 0.45, speed: 0.4, availability: 0.15 } as const;

const weightsFor = (priority: Priority | undefined) =>
  priority === 'high' || priority === 'critical' ? urgentWeights : weights;

/** Enough failures to trust a poor rate, and enough tasks to trust an excellent one. */
const factorOf = ({ count, succeeded }: History, rate: number): number => {
  if (count - succeeded > 10 && rate < 0.7) return 0.8;
  return count > 100 && rate > 0.95 ? 1.1 : 1;
};

/**
 * Prefers the agent that did best at this type of task: 0.5 · success rate + 0.3 · speed (the fastest known duration ÷
 * its own) + 0.2 · share of its slots free; 0.45, 0.4 and 0.15 for high and critical tasks; × 0.8 after more than 10
 * failures at under 70 %, × 1.1 after more than 100 tasks at over 95 %. An agent not measured at this type counts as
 * the mean of those that are. Nothing to say while nobody is.
 */
export const performanceBased: SelectionStrategy = {
  name: 'performance_based',
  score: ({ task, candidates }) => {
    const histories = new Map(candidates.map((candidate) => [candidate, historyOf(candidate.slots, task.type)]));
    const known = [...histories.values()].filter(({ count }) => count > 0);
    const meanRate = meanOf(known.map(({ successRate }) => successRate));
    if (meanRate === undefined) return undefined;
    const durations = known.map(({ durationMs }) => durationMs).filter((ms) => ms !== undefined);
    const meanDuration = meanOf(durations);
    const fastest = Math.min(...durations);
    const weight = weightsFor(task.priority);
    return [...histories].map(([candidate, history]) => {
      const rate = history.successRate ?? meanRate;
      const duration = history.durationMs ?? meanDuration;
      // Under a millisecond all are as fast; without any duration speed tells nobody apart.
      const speed = duration === undefined ? 1 : Math.max(1, fastest) / Math.max(1, duration);
      const free = Math.max(0, candidate.slots.freeSlots) / candidate.slots.maxConcurrency;
      const parts = {
        success: weight.success * rate,
        speed: weight.speed * speed,
        availability: weight.availability * free,
      };
      const factor = factorOf(history, rate);
      return {
        candidate,
        terms: { ...parts, factor },
        score: factor * (parts.success + parts.speed + parts.availability),
      };
    });
  },
};
