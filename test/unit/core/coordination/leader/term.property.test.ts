import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  elect,
  isFenced,
  type LeaderCandidate,
  nextTerm,
  standingOf,
  type Term,
} from '#core/coordination/leader/term.ts';

const candidates: fc.Arbitrary<LeaderCandidate[]> = fc.uniqueArray(
  fc.record({
    agentId: fc.constantFrom('agt_a', 'agt_b', 'agt_c', 'agt_d'),
    priority: fc.nat(2),
    load: fc.nat(2),
  }),
  { selector: ({ agentId }) => agentId },
);

describe('elect', () => {
  it('elects whom no other candidate beats: by priority, then load, then id', () =>
    fc.assert(
      fc.property(candidates, fc.subarray(['agt_a', 'agt_b']), (all, ruledOut) => {
        const eligible = all.filter(({ agentId }) => !ruledOut.includes(agentId));
        const beats = (a: LeaderCandidate, b: LeaderCandidate): boolean => {
          if (a.priority !== b.priority) return a.priority > b.priority;
          if (a.load !== b.load) return a.load < b.load;
          return a.agentId < b.agentId;
        };
        const unbeaten = eligible.filter((one) => !eligible.some((other) => beats(other, one)));
        expect([elect(all, ruledOut)].filter((leader) => leader !== undefined)).toEqual(unbeaten);
      }),
    ));
});

describe('terms', () => {
  it('leads until the term is over or the leader is gone', () => {
    const term = nextTerm(undefined, { leader: 'agt_a', nowMs: 1000, termMs: 500 });
    expect(term).toEqual({ number: 1, leader: 'agt_a', endsAt: 1500 });
    expect(standingOf(term, { isConnected: true, nowMs: 1499 })).toBe('leads');
    expect(standingOf(term, { isConnected: true, nowMs: 1500 })).toBe('expired');
    expect(standingOf(term, { isConnected: false, nowMs: 1000 })).toBe('lost');
  });

  it('lets exactly the newest of all terms write', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom('agt_a', 'agt_b'), { minLength: 1, maxLength: 8 }), (leaders) => {
        const terms: Term[] = [];
        for (const leader of leaders) terms.push(nextTerm(terms.at(-1), { leader, nowMs: 0, termMs: 1 }));
        const current = terms.at(-1);
        expect(terms.filter(({ number }) => !isFenced(number, current))).toEqual([current]);
        expect(isFenced((current?.number ?? 0) + 1, current)).toBe(true);
        expect(isFenced(1, undefined)).toBe(true);
      }),
    ));
});
