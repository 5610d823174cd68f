import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#core/routing/rank.ts';
import { fleet, requestOf, seeded } from './fleet.ts';
import { compare, fiveAgents } from './simulate.ts';

describe('random', () => {
  it('orders by chance alone: whatever the agents are like, the same numbers give the same places', () =>
    fc.assert(
      fc.property(fleet, fleet, fc.nat(), (one, other, seed) => {
        const count = Math.min(one.length, other.length);
        const places = (candidates: typeof one) =>
          rank('random', requestOf(candidates.slice(0, count), { random: seeded(seed) })).ranked.map(
            ({ candidate }) => candidate.agent.name,
          );
        expect(places(one)).toEqual(places(other));
      }),
    ));

  it('gives 500 tasks to five agents evenly, as far as chance goes', () => {
    const { counts } = compare({
      agents: fiveAgents.map((agent) => ({ ...agent, maxConcurrency: 100 })),
      strategy: 'random',
      everyMs: 250,
      oracle: ({ agents }) => agents.map(() => 0),
    });
    const chiSquare = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    // Four degrees of freedom: above 18.5 once in a thousand fair draws.
    expect(chiSquare).toBeLessThan(18.5);
  });
});
