import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MatchCriteria, Requirements } from '#core/contract/task.ts';
import { rank } from '#core/routing/rank.ts';
import { createCandidate, fleet, nowMs, requestOf, take } from './fleet.ts';
import { bestMatch } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

const task = { type: 'parse', requirements: Requirements.parse({ capabilities: ['read'] }), slotCost: 1 };
const criteria = (more: Partial<MatchCriteria> = {}) => MatchCriteria.parse({ name: 'capability_match', ...more });
const namesOf = (candidates: Parameters<typeof requestOf>[0], strategy: Parameters<typeof rank>[0] = criteria()) =>
  rank(strategy, requestOf(candidates, { task })).ranked.map(({ candidate }) => candidate.agent.name);

const sure = (name: string, confidence: number, others = 0) =>
  createCandidate({
    name,
    capabilities: [
      { name: 'read', confidence },
      ...Array.from({ length: others }, (_, n) => ({ name: `other${n}`, confidence: 1 })),
    ],
  });

describe('capability_match', () => {
  it('scores alone as success and load say, every fit agent having what is required', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        const { ranked } = rank('capability_match', requestOf(candidates, { task }));
        for (const { score, terms } of ranked) {
          expect(terms['capabilities']).toBe(10);
          expect(score).toBeCloseTo(10 + (terms['success'] ?? NaN) + (terms['load'] ?? NaN), 9);
        }
      }),
    ));

  it('puts nobody who is less sure than asked before one who is sure enough', () =>
    fc.assert(
      fc.property(fleet, fc.double({ min: 0, max: 1, noNaN: true }), (candidates, minConfidence) => {
        const { ranked, decidedBy } = rank(criteria({ minConfidence }), requestOf(candidates, { task }));
        const areSure = ranked.map(
          ({ candidate }) => (candidate.agent.capabilities[0]?.confidence ?? 0) >= minConfidence,
        );
        expect(decidedBy).toBe(areSure.includes(true) ? 'capability_match' : 'least_loaded');
        expect(areSure.lastIndexOf(true)).toBe(areSure.filter(Boolean).length - 1);
      }),
    ));

  it('asks for a confidence of 0.8 and prefers specialists unless told otherwise', () => {
    expect(namesOf([sure('unsure', 0.79), sure('sure', 0.8, 9)])).toEqual(['sure', 'unsure']);
    const decidedBy = (confidence: number) =>
      rank(criteria(), requestOf([sure('only', confidence)], { task })).decidedBy;
    expect([decidedBy(0.8), decidedBy(0.79)]).toEqual(['capability_match', 'least_loaded']);
    expect(namesOf([sure('generalist', 1, 4), sure('specialist', 1)])).toEqual(['specialist', 'generalist']);
  });

  it('takes an agent for a specialist that names the type of task', () => {
    const named = createCandidate({
      name: 'named',
      capabilities: [
        { name: 'read', confidence: 1, taskTypes: ['parse'] },
        { name: 'other0', confidence: 1 },
        { name: 'other1', confidence: 1 },
      ],
    });
    expect(namesOf([sure('generalist', 1, 1), named])).toEqual(['named', 'generalist']);
  });

  it('counts load or not', () => {
    const idle = sure('idle', 1, 3);
    const special = sure('special', 1);
    const busy = ['t1', 't2', 't3', 't4'].reduce(
      (slots, id) => take(slots, id, { type: 'parse', at: nowMs }),
      special.slots,
    );
    const both = [idle, { ...special, slots: busy }];
    expect(namesOf(both)).toEqual(['idle', 'special']);
    expect(namesOf(both, criteria({ loadBalance: false }))).toEqual(['special', 'idle']);
  });

  it('spreads 500 tasks as the score says', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'capability_match',
      everyMs: 250,
      warmUp: 20,
      oracle: bestMatch,
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
