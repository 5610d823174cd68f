import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyOf } from '#core/agents/history.ts';
import type { Candidate } from '#core/routing/candidate.ts';
import { rank } from '#core/routing/rank.ts';
import { createCandidate, fleet, observe, requestOf } from './fleet.ts';
import { cheapestGood } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

const priced = (name: string, costPerTask?: number) =>
  createCandidate({ name, ...(costPerTask === undefined ? {} : { costPerTask }) });

const after = ({ agent, slots }: Candidate, succeeded: readonly boolean[], costUsd?: number): Candidate => ({
  agent,
  slots: succeeded.reduce(
    (now, ok) =>
      observe(now, { type: 'parse', succeeded: ok, workMs: 5, ...(costUsd === undefined ? {} : { costUsd }) }),
    slots,
  ),
});

const namesOf = (candidates: readonly Candidate[], strategy: Parameters<typeof rank>[0] = 'cost_optimized') =>
  rank(strategy, requestOf(candidates)).ranked.map(({ candidate }) => candidate.agent.name);

const fails = [false, false, false, false, false];

const isGood = ({ slots }: Candidate) => {
  const { count, successRate } = historyOf(slots, 'parse');
  return count < 5 || (successRate ?? 0) >= 0.7;
};
const costOf = ({ agent, slots }: Candidate) => historyOf(slots, 'parse').costUsd ?? agent.costPerTask;

describe('cost_optimized', () => {
  it('believes the observed cost before the declared one', () =>
    expect(namesOf([after(priced('boaster', 1), [true], 9), priced('honest', 5)])).toEqual(['honest', 'boaster']));

  it('puts unknown prices behind known ones, and poor agents last', () =>
    expect(namesOf([after(priced('poor', 0), fails), priced('unknown'), priced('dear', 99)])).toEqual([
      'dear',
      'unknown',
      'poor',
    ]));

  it('does not judge an agent by fewer than five outcomes', () =>
    expect(namesOf([after(priced('unlucky', 1), fails.slice(1)), priced('dear', 2)])).toEqual(['unlucky', 'dear']));

  it('takes another threshold', () => {
    const half = after(priced('half', 1), [true, false, true, false, true, false]);
    expect(namesOf([half, priced('dear', 2)])).toEqual(['dear', 'half']);
    expect(namesOf([half, priced('dear', 2)], { name: 'cost_optimized', minSuccessRate: 0.5 })).toEqual([
      'half',
      'dear',
    ]);
  });

  it('leaves it to least_loaded when nobody is good enough, or no price is known', () => {
    const decidedBy = (candidates: readonly Candidate[]) => rank('cost_optimized', requestOf(candidates)).decidedBy;
    expect(decidedBy([after(priced('a', 1), fails), after(priced('b', 2), fails)])).toBe('least_loaded');
    expect(decidedBy([priced('a'), priced('b')])).toBe('least_loaded');
    expect(decidedBy([priced('a'), priced('b', 1)])).toBe('cost_optimized');
  });

  it('chooses the cheapest of the good agents whenever there is one', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        const cheapest = Math.min(...candidates.filter(isGood).map((one) => costOf(one) ?? Infinity));
        const first = rank('cost_optimized', requestOf(candidates)).ranked[0]?.candidate;
        if (cheapest === Infinity || first === undefined) return;
        expect(isGood(first)).toBe(true);
        expect(costOf(first)).toBe(cheapest);
      }),
    ));

  it('spreads 500 tasks as the cheapest good agent with room says', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'cost_optimized',
      everyMs: 600,
      warmUp: 20,
      oracle: cheapestGood(0.7),
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
