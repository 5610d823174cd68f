import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRollout, type RolloutStep, rollbackOrder } from '#core/coordination/hierarchical/plan-rollout.ts';
import { orderByDependency } from '#core/coordination/order.ts';

const anyStrategy = fc.oneof(
  fc.constant({ kind: 'blue_green' as const }),
  fc.record({
    kind: fc.constant('canary' as const),
    percentages: fc.array(fc.constantFrom(0, 1, 2.5, 10, 25, 50, 99, 100, 150), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('rolling_update' as const), batchSize: fc.integer({ min: 0, max: 4 }) }),
);

const units = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'];

const namesOf = (steps: readonly RolloutStep[]) => steps.map(({ id }) => id);

describe('planRollout', () => {
  it('is in order, never takes traffic back, and ends with all of it', () =>
    fc.assert(
      fc.property(anyStrategy, (strategy) => {
        const steps = planRollout(strategy, units);
        expect(namesOf(orderByDependency(steps))).toEqual(namesOf(steps));
        expect(new Set(namesOf(steps)).size).toBe(steps.length);
        const traffic = steps.map(({ trafficPercent }) => trafficPercent);
        expect(traffic).toEqual(traffic.toSorted((a, b) => a - b));
        expect(traffic.at(-1)).toBe(100);
      }),
    ));

  it('checks between any two steps that give the new version more', () =>
    fc.assert(
      fc.property(anyStrategy, (strategy) => {
        const actions = planRollout(strategy, units).map(({ action }) => action);
        const unchecked = actions.flatMap((action, index) => {
          if (action !== 'shift_traffic') return [];
          const before = actions
            .slice(0, index)
            .findLast((one) => ['verify', 'observe', 'shift_traffic', 'deploy'].includes(one));
          return before === 'verify' || before === 'observe' ? [] : [index];
        });
        expect(unchecked).toEqual([]);
        const deploys = actions.flatMap((action, index) => (action === 'deploy' ? [actions[index + 1]] : []));
        expect(deploys.every((next) => next === 'verify')).toBe(true);
      }),
    ));

  it('updates each unit once, at most a batch at a time', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(9), (batchSize, count) => {
        const targets = Array.from({ length: count }, (_, index) => `u${index}`);
        const batches = planRollout({ kind: 'rolling_update', batchSize }, targets).filter(
          ({ action }) => action === 'deploy',
        );
        expect(batches.flatMap((step) => step.targets)).toEqual(targets);
        expect(Math.max(0, ...batches.map((step) => step.targets.length))).toBeLessThanOrEqual(batchSize);
      }),
    ));

  it('switches blue to green at once, and retires blue last', () =>
    expect(namesOf(planRollout({ kind: 'blue_green' }, []))).toEqual([
      'provision-green',
      'deploy-green',
      'verify-green',
      'switch-to-green',
      'observe-green',
      'retire-blue',
    ]));

  it('raises a canary by 5, 25, 50 and 100 unless told otherwise', () =>
    expect(
      planRollout({ kind: 'canary' }, [])
        .filter(({ action }) => action === 'shift_traffic')
        .map(({ trafficPercent }) => trafficPercent),
    ).toEqual([5, 25, 50, 100]));
});

describe('rollbackOrder', () => {
  it('takes back what was done, the last first, and no checks', () =>
    expect(
      rollbackOrder(planRollout({ kind: 'blue_green' }, []), [
        'provision-green',
        'deploy-green',
        'verify-green',
        'switch-to-green',
      ]),
    ).toEqual(['switch-to-green', 'deploy-green', 'provision-green']));
});
