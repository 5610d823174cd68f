import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#core/routing/rank.ts';
import { fleet, requestOf } from './fleet.ts';
import { fewestTasks } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

describe('least_loaded', () => {
  it('puts nobody before an agent that carries less', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        const loads = rank('least_loaded', requestOf(candidates)).ranked.map(
          ({ candidate }) => Object.keys(candidate.slots.assigned).length,
        );
        expect(loads).toEqual(loads.toSorted((a, b) => a - b));
      }),
    ));

  it('spreads 500 tasks as a count of live tasks says', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'least_loaded',
      everyMs: 250,
      oracle: fewestTasks,
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
