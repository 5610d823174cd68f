import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#core/routing/rank.ts';
import { createCandidate, fleet, nowMs, observe, requestOf, take } from './fleet.ts';
import { firstFinish } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

const hour = 3600_000;
const measured = (name: string, workMs: number, maxConcurrency = 2) => {
  const { agent, slots } = createCandidate({ name, maxConcurrency });
  return { agent, slots: observe(slots, { type: 'parse', succeeded: true, workMs }) };
};

describe('predictive', () => {
  it('prefers a busy fast agent to an idle slow one when it would finish first', () => {
    const fast = measured('fast', 1000);
    const busy = { ...fast, slots: take(fast.slots, 't1', { type: 'parse', at: nowMs }) };
    const { ranked } = rank('predictive', requestOf([measured('slow', 1600), busy]));
    expect(ranked.map(({ candidate, score }) => [candidate.agent.name, score])).toEqual([
      ['fast', -1500],
      ['slow', -1600],
    ]);
  });

  it('gives an agent that was never measured the mean of those that were', () => {
    const all = [measured('a', 1000), measured('b', 3000), createCandidate({ name: 'new' })];
    const { ranked } = rank('predictive', requestOf(all));
    expect(ranked.map(({ candidate, score }) => [candidate.agent.name, score])).toEqual([
      ['a', -1000],
      ['new', -2000],
      ['b', -3000],
    ]);
  });

  it('has nothing to say beyond 24 hours, and without any measurement', () => {
    const decidedBy = (candidates: Parameters<typeof requestOf>[0]) =>
      rank('predictive', requestOf(candidates)).decidedBy;
    expect(decidedBy([measured('a', 24 * hour)])).toBe('predictive');
    expect(decidedBy([measured('a', 24 * hour + 60_000)])).toBe('least_loaded');
    expect(decidedBy([measured('a', 25 * hour), measured('b', hour)])).toBe('predictive');
    expect(decidedBy([createCandidate({ name: 'new' })])).toBe('least_loaded');
  });

  it('orders by the predicted finish', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        const { ranked, decidedBy } = rank('predictive', requestOf(candidates));
        if (decidedBy !== 'predictive') return;
        const finishes = ranked.map(({ terms }) => -(terms['present'] ?? NaN) - (terms['duration'] ?? NaN));
        expect(finishes).toEqual(finishes.toSorted((a, b) => a - b));
        expect(finishes.every((ms) => ms > 0)).toBe(true);
      }),
    ));

  it('spreads 500 tasks as the earliest finish says', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'predictive',
      everyMs: 250,
      warmUp: 20,
      oracle: firstFinish,
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
