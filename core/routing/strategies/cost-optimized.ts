import { historyOf } from '../../agents/history.ts';
import { loadOf } from '../../agents/slots.ts';
import type { Candidate } from '../candidate.ts';
import type { SelectionStrategy } from '../strategy.ts';

/** An agent is not judged by fewer outcomes than this: one early failure is no rate. */
const fewestOutcomes = 5;

const meetsQuality = ({ slots }: Candidate, type: string, minSuccessRate: number): boolean => {
  const { count, successRate } = historyOf(slots, type);
  return count < fewestOutcomes || successRate === undefined || successRate >= minSuccessRate;
};

/** What one task of a type costs at an agent: as observed, else as the agent declares. */
const estimatedCost = ({ agent, slots }: Candidate, type: string): number | undefined =>
  historyOf(slots, type).costUsd ?? agent.costPerTask;

/**
 * Prefers the cheapest agent whose observed success rate at this type of task is good enough (agents with fewer than 5
 * outcomes are not judged yet). Behind them come good ones whose price is unknown, least loaded first, and last those
 * that are not good enough. Nothing to say when none is good enough, or when all are and no price is known.
 */
export const costOptimizedBy = ({ minSuccessRate }: { readonly minSuccessRate: number }): SelectionStrategy => ({
  name: 'cost_optimized',
  score: ({ task, candidates }) => {
    const scored = candidates.map((candidate) => {
      const cost = estimatedCost(candidate, task.type);
      const isGood = meetsQuality(candidate, task.type, minSuccessRate);
      const goodTier = cost === undefined ? 1 : 2;
      const terms = cost === undefined ? { load: -loadOf(candidate.slots) } : { cost: -cost };
      return { candidate, terms, tier: isGood ? goodTier : 0, score: terms.cost ?? terms.load ?? 0 };
    });
    const tiers = new Set(scored.map(({ tier }) => tier));
    const allUnpriced = tiers.size === 1 && tiers.has(1);
    return allUnpriced || (tiers.size === 1 && tiers.has(0)) ? undefined : scored;
  },
});

/** The cheapest with an observed success rate of at least 70 %. */
export const costOptimized: SelectionStrategy = costOptimizedBy({ minSuccessRate: 0.7 });
