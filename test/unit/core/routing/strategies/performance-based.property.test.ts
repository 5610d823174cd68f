import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyOf } from '#core/agents/history.ts';
import { rank } from '#core/routing/rank.ts';
import { createCandidate, fleet, observe, requestOf } from './fleet.ts';
import { bestPerformance } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

const { task } = requestOf([]);

const after = (name: string, { good, bad, workMs = 1000 }: { good: number; bad: number; workMs?: number }) => {
  const { agent, slots } = createCandidate({ name });
  const outcomes = Array.from({ length: good + bad }, (_, n) => ({
    type: 'parse',
    succeeded: Math.floor(((n + 1) * good) / (good + bad)) > Math.floor((n * good) / (good + bad)),
    workMs,
  }));
  return { agent, slots: outcomes.reduce(observe, slots) };
};

const scoreOf = (candidate: ReturnType<typeof after>, priority: 'normal' | 'high' | 'critical' = 'normal') =>
  rank('performance_based', requestOf([candidate], { task: { ...task, priority } })).ranked[0];

describe('performance_based', () => {
  it('weighs success, speed and availability, and speed more in a hurry', () => {
    const perfect = after('a', { good: 10, bad: 0 });
    expect(scoreOf(perfect)?.terms).toEqual({ success: 0.5, speed: 0.3, availability: 0.2, factor: 1 });
    for (const priority of ['high', 'critical'] as const) {
      expect(scoreOf(perfect, priority)?.terms).toEqual({ success: 0.45, speed: 0.4, availability: 0.15, factor: 1 });
    }
  });

  it.each([
    ['more than ten failures at under 70 %', { good: 11, bad: 11 }, 0.8],
    ['ten failures', { good: 10, bad: 10 }, 1],
    ['more than ten failures at over 70 %', { good: 90, bad: 11 }, 1],
    ['more than a hundred tasks at over 95 %', { good: 101, bad: 0 }, 1.1],
    ['a hundred tasks', { good: 100, bad: 0 }, 1],
  ])('multiplies after %s', (_case, counts, factor) =>
    expect(scoreOf(after('a', counts))?.terms['factor']).toBe(factor),
  );

  it('leaves it to least_loaded while nobody was measured at this type', () => {
    const elsewhere = createCandidate({ name: 'a' });
    const slots = observe(elsewhere.slots, { type: 'write', succeeded: true, workMs: 5 });
    expect(rank('performance_based', requestOf([{ ...elsewhere, slots }])).decidedBy).toBe('least_loaded');
  });

  it('never puts an agent before one that is better at everything', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        const { ranked, decidedBy } = rank('performance_based', requestOf(candidates));
        if (decidedBy !== 'performance_based') return;
        const facts = ranked.map(({ candidate: { slots } }) => {
          const { successRate = -1, durationMs = Infinity } = historyOf(slots, 'parse');
          return { rate: successRate, ms: durationMs, free: slots.freeSlots / slots.maxConcurrency };
        });
        for (const [place, worse] of facts.entries()) {
          const beaten = facts
            .slice(place + 1)
            .some(({ rate, ms, free }) => worse.rate >= 0 && rate > worse.rate && ms < worse.ms && free > worse.free);
          expect(beaten).toBe(false);
        }
      }),
    ));

  it.each([
    ['normal', [0.5, 0.3, 0.2]],
    ['critical', [0.45, 0.4, 0.15]],
  ] as const)('spreads 500 %s tasks as the weights say', (priority, weights) => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'performance_based',
      everyMs: 250,
      warmUp: 20,
      task: { priority },
      oracle: bestPerformance(weights),
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
