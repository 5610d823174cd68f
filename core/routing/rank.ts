import type { Strategy } from '../contract/task.ts';
import { capabilityMatch } from './strategies/capability-match.ts';
import { leastLoaded } from './strategies/least-loaded.ts';
import { roundRobin } from './strategies/round-robin.ts';
import type { RankRequest, Scored, SelectionStrategy } from './strategy.ts';

const strategies: Readonly<Record<Strategy, SelectionStrategy>> = {
  round_robin: roundRobin,
  least_loaded: leastLoaded,
  capability_match: capabilityMatch,
};

/** Used when none is named, and when the named one has nothing to say. */
export const defaultStrategy: Strategy = 'least_loaded';

/** Candidates from best to worst, and which strategies decided. */
export interface Ranking {
  readonly ranked: readonly Scored[];
  readonly strategy: Strategy;
  readonly decidedBy: string;
}

/** Orders fit candidates by a strategy. Pure: equal scores are ordered by `random` alone. */
export const rank = (strategy: Strategy | undefined, request: RankRequest): Ranking => {
  const named = strategy ?? defaultStrategy;
  const own = strategies[named].score(request);
  const scored = own ?? strategies[defaultStrategy].score(request) ?? [];
  const ranked = scored
    .map((entry) => ({ entry, tie: request.random() }))
    .toSorted((a, b) => b.entry.score - a.entry.score || a.tie - b.tie)
    .map(({ entry }) => entry);
  return { ranked, strategy: named, decidedBy: own === undefined ? defaultStrategy : named };
};
