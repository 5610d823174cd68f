import * as z from 'zod';
import { TaskFailure } from '#sdk/index.ts';
import {
  applyAction,
  CapacityChange,
  type Cluster,
  type DeploymentRequest,
  freeCpu,
  isSame,
  Monitor,
  Release,
  Replica,
} from './cluster.ts';

/** A release with the places that are kept for it, so that teams that work at the same time never meet. */
export const Rollout = z.strictObject({
  release: Release,
  current: z.array(Replica),
  currentVersion: z.string(),
  cpu: z.int(),
  /** Nodes for replicas that run beside the current ones, one for each. */
  surge: z.array(z.string()),
  note: z.string().optional(),
});
export type Rollout = z.infer<typeof Rollout>;

/** What each team gets. */
export const DeploymentPlan = z.strictObject({
  infra: z.array(CapacityChange),
  app: z.array(Rollout),
  mon: z.array(Monitor),
});
export type DeploymentPlan = z.infer<typeof DeploymentPlan>;

/** What every released service is watched by, unless the request says it better. */
const standardMonitors = [
  { metric: 'error-rate', threshold: 0.01 },
  { metric: 'latency-p99', threshold: 500 },
];

/**
 * Divides the work among the teams: capacity, services, monitors. Room for new replicas is handed out here.
 * @throws TaskFailure INVALID_RELEASE or NO_ROOM
 */
export function planDeployment({ cluster, capacity, releases, monitors }: DeploymentRequest): DeploymentPlan {
  const names = releases.map(({ service }) => service);
  if (new Set(names).size !== names.length) refuse('INVALID_RELEASE', 'A service is released twice');
  const grown = capacity.reduce(
    (state, { node, addCpu }) => applyAction(state, { op: 'grow', node, cpu: addCpu }),
    cluster,
  );
  const room = new Map(grown.nodes.map(({ name }) => [name, freeCpu(grown, name)]));
  return {
    infra: capacity,
    app: releases.map((release) => planRollout(grown, release, room)),
    mon: names.flatMap((service) => monitorsFor(service, monitors, cluster)),
  };
}

function planRollout(cluster: Cluster, release: Release, room: Map<string, number>): Rollout {
  const current = cluster.replicas.filter(({ service }) => service === release.service);
  const currentVersion = versionOf(current, release);
  const cpu = release.cpu ?? Math.max(...current.map((replica) => replica.cpu));
  const rollout = { current, currentVersion, cpu };
  const beside = release.strategy === 'BlueGreen' ? current.length : 1;
  const surge = release.strategy === 'RollingUpdate' ? [] : takeRoom(room, cpu, beside);
  if (surge !== undefined && (release.strategy !== 'RollingUpdate' || fitsInPlace(rollout, room)))
    return { ...rollout, release, surge };
  // Without room beside the current replicas, each makes way for its successor.
  if (!fitsInPlace(rollout, room)) refuse('NO_ROOM', `There is no room for ${release.service} ${release.version}`);
  const note = `no room for ${release.strategy}: RollingUpdate instead`;
  return { ...rollout, release: { ...release, strategy: 'RollingUpdate' }, surge: [], note };
}

/** The one version that runs. @throws TaskFailure INVALID_RELEASE */
function versionOf([first, ...others]: readonly Replica[], { service, version }: Release): string {
  if (first === undefined) return refuse('INVALID_RELEASE', `${service} does not run in this cluster`);
  if (others.some((other) => other.version !== first.version) || first.version === version)
    refuse('INVALID_RELEASE', `${service} must run one version, and another one than ${version}`);
  return first.version;
}

/** Nodes with the most room first; nothing is taken when there is not enough. */
function takeRoom(room: Map<string, number>, cpu: number, count: number): string[] | undefined {
  const left = new Map(room);
  const taken: string[] = [];
  while (taken.length < count) {
    const [node, most = 0] = [...left].toSorted(
      (one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1),
    )[0] ?? [''];
    if (most < cpu) return undefined;
    left.set(node, most - cpu);
    taken.push(node);
  }
  for (const [node, most] of left) room.set(node, most);
  return taken;
}

/** Whether every replica's successor fits where it was; what it needs more is taken then. */
function fitsInPlace({ current, cpu }: Pick<Rollout, 'current' | 'cpu'>, room: Map<string, number>): boolean {
  const left = new Map(room);
  for (const { node, cpu: before } of current) {
    const more = Math.max(0, cpu - before);
    if ((left.get(node) ?? 0) < more) return false;
    left.set(node, (left.get(node) ?? 0) - more);
  }
  for (const [node, most] of left) room.set(node, most);
  return true;
}

function monitorsFor(service: string, asked: readonly Monitor[], { monitors }: Cluster): Monitor[] {
  const own = asked.filter((each) => each.service === service);
  const known = [...own, ...monitors];
  const missing = standardMonitors
    .map((each) => ({ service, ...each }))
    .filter((each) => !known.some((other) => isSame(each, other)));
  return [...own, ...missing];
}

function refuse(code: string, why: string): never {
  throw new TaskFailure(code, why, { retryable: false });
}
