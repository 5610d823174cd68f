import type { Rule, Strategy, StrategyName } from '../contract/task.ts';
import { affinityWeight } from './affinity.ts';
import { capabilityMatch, capabilityMatchBy } from './strategies/capability-match.ts';
import { costOptimized, costOptimizedBy } from './strategies/cost-optimized.ts';
import { ruleOfLayer } from './strategies/layered.ts';
import { leastLoaded } from './strategies/least-loaded.ts';
import { leastRemainingTime } from './strategies/least-remaining-time.ts';
import { performanceBased } from './strategies/performance-based.ts';
import { predictive } from './strategies/predictive.ts';
import { random } from './strategies/random.ts';
import { roundRobin } from './strategies/round-robin.ts';
import { weightedRoundRobin } from './strategies/weighted-round-robin.ts';
import type { RankRequest, Scored, SelectionStrategy } from './strategy.ts';

const strategies: Readonly<Record<StrategyName, SelectionStrategy>> = {
  round_robin: roundRobin,
  least_loaded: leastLoaded,
  least_remaining_time: leastRemainingTime,
  capability_match: capabilityMatch,
  performance_based: performanceBased,
  cost_optimized: costOptimized,
  weighted_round_robin: weightedRoundRobin,
  predictive,
  random,
};

/** Used when none is named, and when the named one has nothing to say. */
export const defaultStrategy: StrategyName = 'least_loaded';

const byRule = (rule: Rule): SelectionStrategy => {
  if (typeof rule === 'string') return strategies[rule];
  return rule.name === 'capability_match' ? capabilityMatchBy(rule) : costOptimizedBy(rule);
};

const byStrategy = (strategy: Strategy, complexity: number | undefined): SelectionStrategy | undefined => {
  if (typeof strategy === 'string' || strategy.name !== 'layered') return byRule(strategy);
  const rule = ruleOfLayer(strategy, complexity);
  return rule === undefined ? undefined : byRule(rule);
};

/** Candidates from best to worst, and which strategies decided: the one asked for, and the one that had a say. */
export interface Ranking {
  readonly ranked: readonly Scored[];
  readonly strategy: string;
  readonly decidedBy: string;
}

/** Shows beside the strategy's own terms what orders before its score. */
const withOrder = (scored: Scored, affinity: number | undefined): Scored => ({
  ...scored,
  terms: {
    ...scored.terms,
    ...(scored.tier === undefined ? {} : { tier: scored.tier }),
    ...(affinity === undefined ? {} : { affinity }),
  },
});

/**
 * Orders fit candidates: by the weight of the preferred labels they have, then by the strategy. Pure: what is equal is
 * ordered by `random` alone.
 */
export const rank = (strategy: Strategy | undefined, request: RankRequest): Ranking => {
  const asked = strategy ?? defaultStrategy;
  const chosen = byStrategy(asked, request.task.complexity);
  const own = chosen?.score(request);
  const scored = own ?? strategies[defaultStrategy].score(request) ?? [];
  const { requirements } = request.task;
  const hasPreferred = requirements.affinity?.some(({ required }) => !required) === true;
  const ranked = scored
    .map((entry) => {
      const affinity = affinityWeight(requirements, entry.candidate.agent.labels);
      return {
        entry: withOrder(entry, hasPreferred ? affinity : undefined),
        affinity,
        tier: entry.tier ?? 0,
        tie: request.random(),
      };
    })
    .toSorted((a, b) => b.affinity - a.affinity || b.tier - a.tier || b.entry.score - a.entry.score || a.tie - b.tie)
    .map(({ entry }) => entry);
  return {
    ranked,
    strategy: typeof asked === 'string' ? asked : asked.name,
    decidedBy: own === undefined ? defaultStrategy : (chosen?.name ?? defaultStrategy),
  };
};
