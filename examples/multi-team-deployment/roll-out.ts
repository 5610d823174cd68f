import * as z from 'zod';
import { Action, paused, type Replica, RolloutStrategy } from './cluster.ts';
import type { Rollout } from './plan-deployment.ts';

/** How a release went. */
export const RolloutResult = z.strictObject({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  strategy: RolloutStrategy,
  status: z.enum(['deployed', 'rolled_back']),
  reason: z.string().optional(),
  actions: z.array(Action),
});
export type RolloutResult = z.infer<typeof RolloutResult>;

const canarySteps = [10, 50, 100];

/** Brings a version into the cluster by its strategy, and takes it back as soon as it is unhealthy. */
export function rollOut(rollout: Rollout): RolloutResult {
  switch (rollout.release.strategy) {
    case 'BlueGreen':
      return blueGreen(rollout);
    case 'Canary':
      return canary(rollout);
    case 'RollingUpdate':
      return rollingUpdate(rollout);
    default:
      return rollout.release.strategy satisfies never;
  }
}

/** All new replicas beside the old ones, then all traffic at once. */
function blueGreen(rollout: Rollout): RolloutResult {
  const green = rollout.surge.map((node, index) => successor(rollout, node, index));
  const actions: Action[] = green.map((replica) => ({ op: 'start', replica }));
  const stopGreen = green.map(({ id }): Action => ({ op: 'stop', id }));
  if (isUnhealthy(rollout, 0)) return rolledBack(rollout, [...actions, ...stopGreen], 0);
  actions.push(traffic(rollout, 100));
  if (isUnhealthy(rollout, 100)) return rolledBack(rollout, [...actions, traffic(rollout, 0), ...stopGreen], 100);
  return deployed(rollout, [...actions, ...rollout.current.map(({ id }): Action => ({ op: 'stop', id }))]);
}

/** One new replica beside the old ones, a growing share of traffic for it, then the others one by one. */
function canary(rollout: Rollout): RolloutResult {
  const { current, surge } = rollout;
  const first = successor(rollout, surge[0] ?? '', 0);
  const actions: Action[] = [{ op: 'start', replica: first }];
  const stopFirst: Action = { op: 'stop', id: first.id };
  if (isUnhealthy(rollout, 0)) return rolledBack(rollout, [...actions, stopFirst], 0);
  for (const percent of canarySteps) {
    actions.push(traffic(rollout, percent));
    if (isUnhealthy(rollout, percent))
      return rolledBack(rollout, [...actions, traffic(rollout, 0), stopFirst], percent);
  }
  const rest = current.flatMap(({ id, node }, index): Action[] => [
    { op: 'stop', id },
    ...(index === current.length - 1 ? [] : [{ op: 'start' as const, replica: successor(rollout, node, index + 1) }]),
  ]);
  return deployed(rollout, [...actions, ...rest]);
}

/** One replica at a time makes way for its successor. */
function rollingUpdate(rollout: Rollout): RolloutResult {
  const { current } = rollout;
  const actions: Action[] = [];
  for (const [index, old] of current.entries()) {
    const next = successor(rollout, old.node, index);
    const percent = Math.round((100 * (index + 1)) / current.length);
    // The last of the old ones must not be asked any more when it goes; the only one leaves a gap.
    if (index === current.length - 1 && index > 0) actions.push(traffic(rollout, 100));
    actions.push(...replace(rollout, old, next, index));
    if (percent < 100) actions.push(traffic(rollout, percent));
    if (!isUnhealthy(rollout, percent)) continue;
    return rolledBack(rollout, [...actions, ...undo(rollout, index)], percent);
  }
  return deployed(rollout, actions);
}

/** A service of one replica has nobody else to serve meanwhile: its traffic is paused. */
function replace(rollout: Rollout, old: Replica, next: Replica, index: number): Action[] {
  const stopAndStart: Action[] = [
    { op: 'stop', id: old.id },
    { op: 'start', replica: next },
  ];
  if (rollout.current.length > 1 || index > 0) return stopAndStart;
  const { service } = rollout.release;
  return [{ op: 'shift', service, traffic: { [paused]: 100 } }, ...stopAndStart, traffic(rollout, 100)];
}

/** The old replicas come back, the last one replaced first. */
function undo(rollout: Rollout, until: number): Action[] {
  const { current, release } = rollout;
  const replaced = current.slice(0, until + 1).toReversed();
  const isAll = until === current.length - 1;
  if (current.length === 1)
    return [
      { op: 'shift', service: release.service, traffic: { [paused]: 100 } },
      ...replaced.flatMap((old): Action[] => [
        { op: 'stop', id: successor(rollout, old.node, 0).id },
        { op: 'start', replica: old },
      ]),
      traffic(rollout, 0),
    ];
  return replaced.flatMap((old, position): Action[] => {
    const index = until - position;
    const swap: Action[] = [
      { op: 'stop', id: successor(rollout, old.node, index).id },
      { op: 'start', replica: old },
    ];
    // As soon as an old one serves again, nothing goes to the new version; before that there is none but the new.
    const back = traffic(rollout, 0);
    if (isAll) return position === 0 ? [...swap, back] : swap;
    return position === 0 ? [back, ...swap] : swap;
  });
}

function successor({ release, cpu }: Rollout, node: string, index: number): Replica {
  const { service, version } = release;
  return { id: `${service}-${version}-${index + 1}`, service, version, node, cpu };
}

function traffic({ release, currentVersion }: Rollout, percent: number): Action {
  const shares =
    percent === 100 ? { [release.version]: 100 } : { [currentVersion]: 100 - percent, [release.version]: percent };
  return { op: 'shift', service: release.service, traffic: percent === 0 ? { [currentVersion]: 100 } : shares };
}

function isUnhealthy({ release }: Rollout, percent: number): boolean {
  return release.unhealthyFrom !== undefined && percent >= release.unhealthyFrom;
}

function deployed(rollout: Rollout, actions: Action[]): RolloutResult {
  return { ...outcome(rollout), status: 'deployed', actions };
}

function rolledBack(rollout: Rollout, actions: Action[], percent: number): RolloutResult {
  return { ...outcome(rollout), status: 'rolled_back', reason: `unhealthy at ${percent} % of traffic`, actions };
}

function outcome({ release, currentVersion, note }: Rollout): Omit<RolloutResult, 'status' | 'actions'> {
  const { service, version, strategy } = release;
  return { service, from: currentVersion, to: version, strategy, ...(note === undefined ? {} : { reason: note }) };
}
