import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Strategy, StrategyName, TaskSubmission } from '#core/contract/task.ts';
import { rank } from '#core/routing/rank.ts';
import { fleet, requestOf, seeded } from './fleet.ts';

const strategies: readonly Strategy[] = [
  ...StrategyName.options,
  Strategy.parse({ name: 'capability_match' }),
  Strategy.parse({ name: 'cost_optimized' }),
  Strategy.parse({ name: 'layered', layers: [{ upTo: 1, strategy: 'predictive' }] }),
];

describe('rank', () => {
  it.each(strategies)('ranks everybody once, the same each time, with finite scores: %o', (strategy) =>
    fc.assert(
      fc.property(fleet, fc.nat(), fc.nat({ max: 1000 }), (candidates, seed, turn) => {
        const ask = () => rank(strategy, requestOf(candidates, { random: seeded(seed), turn }));
        const before = JSON.stringify(candidates);
        const { ranked } = ask();
        expect(ask().ranked).toEqual(ranked);
        expect(JSON.stringify(candidates)).toBe(before);
        expect(new Set(ranked.map(({ candidate }) => candidate))).toEqual(new Set(candidates));
        expect(ranked).toHaveLength(candidates.length);
        expect(ranked.every(({ score }) => Number.isFinite(score))).toBe(true);
      }),
      { numRuns: 40 },
    ),
  );

  it.each(strategies)('has an answer when there is nobody: %o', (strategy) =>
    expect(rank(strategy, requestOf([])).ranked).toEqual([]),
  );

  it('is least_loaded when nothing is asked for', () =>
    fc.assert(
      fc.property(fleet, (candidates) => {
        expect(rank(undefined, requestOf(candidates))).toEqual(rank('least_loaded', requestOf(candidates)));
      }),
    ));
});

describe('Strategy', () => {
  const submitted = (strategy: unknown) => TaskSubmission.parse({ type: 'parse', strategy }).strategy;

  it('keeps a name as it was asked', () =>
    expect(StrategyName.options.map(submitted)).toEqual([...StrategyName.options]));

  it('spells out the defaults of options', () => {
    expect(submitted({ name: 'capability_match' })).toEqual({
      name: 'capability_match',
      minConfidence: 0.8,
      preferSpecialist: true,
      loadBalance: true,
    });
    expect(submitted({ name: 'cost_optimized', minSuccessRate: 0.9 })).toEqual({
      name: 'cost_optimized',
      minSuccessRate: 0.9,
    });
  });

  it.each([
    ['an unknown name', 'best_effort'],
    ['an option of another rule', { name: 'cost_optimized', minConfidence: 1 }],
    ['no layers', { name: 'layered', layers: [] }],
    ['layers within layers', { name: 'layered', layers: [{ upTo: 1, strategy: { name: 'layered', layers: [] } }] }],
    [
      'layers that do not rise',
      {
        name: 'layered',
        layers: [
          { upTo: 0.5, strategy: 'random' },
          { upTo: 0.5, strategy: 'random' },
        ],
      },
    ],
  ])('refuses %s', (_case, strategy) => expect(Strategy.safeParse(strategy).success).toBe(false));
});
