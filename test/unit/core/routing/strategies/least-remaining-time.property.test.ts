import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#core/routing/rank.ts';
import { createCandidate, fleet, nowMs, observe, requestOf, take } from './fleet.ts';
import { leastWork } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

const measured = (name: string, workMs: number) => {
  const { agent, slots } = createCandidate({ name });
  return { agent, slots: observe(slots, { type: 'parse', succeeded: true, workMs }) };
};

describe('least_remaining_time', () => {
  it('prefers two nearly finished tasks to one that has just begun', () => {
    const ending = measured('ending', 10_000);
    const begun = measured('begun', 10_000);
    const two = take(take(ending.slots, 't1', { type: 'parse', at: nowMs - 9000 }), 't2', {
      type: 'parse',
      at: nowMs - 8000,
    });
    const one = take(begun.slots, 't3', { type: 'parse', at: nowMs });
    const { ranked } = rank(
      'least_remaining_time',
      requestOf([
        { ...begun, slots: one },
        { ...ending, slots: two },
      ]),
    );
    expect(ranked.map(({ candidate, score }) => [candidate.agent.name, score])).toEqual([
      ['ending', -13_000],
      ['begun', -20_000],
    ]);
  });

  it('keeps a tenth of the prediction for work that takes longer', () => {
    const late = measured('late', 10_000);
    const slots = take(late.slots, 't1', { type: 'parse', at: nowMs - 60_000 });
    expect(rank('least_remaining_time', requestOf([{ ...late, slots }])).ranked[0]?.terms).toEqual({
      remaining: -1000,
      estimate: -10_000,
    });
  });

  it('gets worse with each task an agent takes, and never prefers it for that', () =>
    fc.assert(
      fc.property(fleet, fc.integer({ min: 1, max: 50_000 }), (candidates, estimatedDurationMs) => {
        const { task } = requestOf([]);
        const scoreOf = (now: typeof candidates) =>
          rank('least_remaining_time', requestOf(now, { task: { ...task, estimatedDurationMs } })).ranked.find(
            ({ candidate }) => candidate.agent.name === 'a0',
          )?.score ?? NaN;
        const [first, ...others] = candidates;
        if (first === undefined) return;
        const busier = { ...first, slots: take(first.slots, 'more', { type: 'parse', at: nowMs }) };
        expect(scoreOf([busier, ...others])).toBeLessThan(scoreOf(candidates));
      }),
    ));

  it('leaves it to least_loaded while there is neither a measurement nor an estimate', () => {
    const ranking = rank('least_remaining_time', requestOf([createCandidate({ name: 'new' })]));
    expect(ranking).toMatchObject({ strategy: 'least_remaining_time', decidedBy: 'least_loaded' });
  });

  it('spreads 500 tasks as a sum of remaining times says', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'least_remaining_time',
      everyMs: 250,
      warmUp: 20,
      oracle: leastWork,
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
