import type { DagNode } from '../dag/levels.ts';

/** A step of a rollout, in dependency order. */
export interface RolloutStep extends DagNode {
  readonly action: 'provision' | 'deploy' | 'verify' | 'shift_traffic' | 'observe' | 'retire';
  /** What it is done to: units of the target, or a colour. */
  readonly targets: readonly string[];
  /** Percentage of traffic on the new version once the step is done. */
  readonly trafficPercent: number;
}

/** How a change is brought to production. */
export type RolloutStrategy =
  | { readonly kind: 'blue_green' }
  /** Shares of traffic on the new version, ascending; the last is 100 whatever is given. @default 5, 25, 50 */
  | { readonly kind: 'canary'; readonly percentages?: readonly number[] }
  /** At most this many units at once. @default 1 */
  | { readonly kind: 'rolling_update'; readonly batchSize?: number };

type Draft = Omit<RolloutStep, 'dependsOn'>;

const chained = (steps: readonly Draft[]): readonly RolloutStep[] =>
  steps.map((step, position) => {
    const before = steps[position - 1];
    return { ...step, dependsOn: before === undefined ? [] : [before.id] };
  });

/** The new version beside the old one, all traffic at once after it was verified, the old one kept until it is proven. */
const blueGreen = (): readonly RolloutStep[] =>
  chained([
    { id: 'provision-green', action: 'provision', targets: ['green'], trafficPercent: 0 },
    { id: 'deploy-green', action: 'deploy', targets: ['green'], trafficPercent: 0 },
    { id: 'verify-green', action: 'verify', targets: ['green'], trafficPercent: 0 },
    { id: 'switch-to-green', action: 'shift_traffic', targets: ['green'], trafficPercent: 100 },
    { id: 'observe-green', action: 'observe', targets: ['green'], trafficPercent: 100 },
    { id: 'retire-blue', action: 'retire', targets: ['blue'], trafficPercent: 100 },
  ]);

const canary = (percentages: readonly number[]): readonly RolloutStep[] => {
  const shares = percentages.filter((share) => share > 0 && share < 100).toSorted((a, b) => a - b);
  return chained([
    { id: 'deploy-canary', action: 'deploy', targets: ['canary'], trafficPercent: 0 },
    { id: 'verify-canary', action: 'verify', targets: ['canary'], trafficPercent: 0 },
    ...[...new Set(shares), 100].flatMap((percent): readonly Draft[] => {
      const name = String(percent).replace('.', '_');
      return [
        { id: `shift-to-${name}`, action: 'shift_traffic', targets: ['canary'], trafficPercent: percent },
        { id: `observe-at-${name}`, action: 'observe', targets: ['canary'], trafficPercent: percent },
      ];
    }),
    { id: 'retire-stable', action: 'retire', targets: ['stable'], trafficPercent: 100 },
  ]);
};

const rollingUpdate = (units: readonly string[], batchSize: number): readonly RolloutStep[] => {
  const size = Math.max(1, Math.floor(batchSize));
  const batches = Array.from({ length: Math.ceil(units.length / size) }, (_, batch) =>
    units.slice(batch * size, (batch + 1) * size),
  );
  return chained(
    batches.flatMap((targets, batch): readonly Draft[] => {
      const done = (share: number): number => Math.round((100 * Math.min(units.length, share * size)) / units.length);
      return [
        { id: `update-${batch + 1}`, action: 'deploy', targets, trafficPercent: done(batch) },
        { id: `verify-${batch + 1}`, action: 'verify', targets, trafficPercent: done(batch + 1) },
      ];
    }),
  );
};

/**
 * The steps of a rollout, one after the other. Traffic never goes down, nothing carries more of it before it was
 * verified, and what is replaced is retired last, so every step but that one can be taken back by the steps before it.
 */
export const planRollout = (strategy: RolloutStrategy, units: readonly string[]): readonly RolloutStep[] => {
  switch (strategy.kind) {
    case 'blue_green':
      return blueGreen();
    case 'canary':
      return canary(strategy.percentages ?? [5, 25, 50]);
    case 'rolling_update':
      return rollingUpdate(units, strategy.batchSize ?? 1);
  }
};

/** Which of the steps taken have to be taken back, the last first: everything but checks. */
export const rollbackOrder = (steps: readonly RolloutStep[], taken: readonly string[]): readonly string[] =>
  steps
    .filter(({ id, action }) => taken.includes(id) && action !== 'verify' && action !== 'observe')
    .map(({ id }) => id)
    .toReversed();
