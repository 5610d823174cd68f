import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Strategy } from '#core/contract/task.ts';
import { rank } from '#core/routing/rank.ts';
import { fleet, requestOf } from './fleet.ts';
import { bestPerformance, cheapestGood, inTurn } from './oracles.ts';
import { chanceShare, compare, fiveAgents } from './simulate.ts';

const layered: Strategy = {
  name: 'layered',
  layers: [
    { upTo: 0.3, strategy: 'round_robin' },
    { upTo: 0.7, strategy: { name: 'cost_optimized', minSuccessRate: 0.8 } },
    { upTo: 1, strategy: 'performance_based' },
  ],
};
const ruleFor = (complexity: number): Strategy => {
  if (complexity <= 0.3) return 'round_robin';
  return complexity <= 0.7 ? { name: 'cost_optimized', minSuccessRate: 0.8 } : 'performance_based';
};

describe('layered', () => {
  it('ranks as the rule of its layer does, the upper end included', () =>
    fc.assert(
      fc.property(fleet, fc.constantFrom(0, 0.3, 0.30001, 0.5, 0.7, 0.9, 1), (candidates, complexity) => {
        const { task } = requestOf([]);
        const ask = (strategy: Strategy) => rank(strategy, requestOf(candidates, { task: { ...task, complexity } }));
        const own = ask(ruleFor(complexity));
        expect(ask(layered)).toEqual({ ...own, strategy: 'layered' });
      }),
    ));

  it('leaves a task without complexity, or above the last layer, to least_loaded', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        const { task } = requestOf([]);
        const low: Strategy = { name: 'layered', layers: [{ upTo: 0.3, strategy: 'random' }] };
        const byLoad = rank('least_loaded', requestOf(candidates)).ranked;
        for (const more of [{}, { complexity: 0.31 }]) {
          const ranking = rank(low, requestOf(candidates, { task: { ...task, ...more } }));
          expect(ranking).toEqual({ ranked: byLoad, strategy: 'layered', decidedBy: 'least_loaded' });
        }
      }),
    ));

  it('spreads 500 tasks of all complexities as each layer says', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: layered,
      everyMs: 250,
      warmUp: 20,
      oracle: (question) => {
        if (question.complexity <= 0.3) return inTurn(question);
        return (question.complexity <= 0.7 ? cheapestGood(0.8) : bestPerformance([0.5, 0.3, 0.2]))(question);
      },
    });
    expect(result.wrong).toBe(0);
    expect(result.shareApart).toBeLessThan(chanceShare);
  });
});
