import * as z from 'zod';

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a name in lower case');
const Version = z.string().min(1).max(40);

export const Node = z.strictObject({ name: Name, cpu: z.int().min(1).max(1024) });
export const Replica = z.strictObject({
  id: z.string(),
  service: Name,
  version: Version,
  node: Name,
  cpu: z.int().min(1),
});
export type Replica = z.infer<typeof Replica>;
export const Monitor = z.strictObject({ service: Name, metric: Name, threshold: z.number() });
export type Monitor = z.infer<typeof Monitor>;

/** A cluster as it is. Traffic is in percent by service and version. */
export const Cluster = z.strictObject({
  nodes: z.array(Node).min(1).max(100),
  replicas: z.array(Replica).max(1000),
  traffic: z.record(Name, z.record(Version, z.number().min(0).max(100))),
  monitors: z.array(Monitor),
});
export type Cluster = z.infer<typeof Cluster>;

export const RolloutStrategy = z.enum(['BlueGreen', 'Canary', 'RollingUpdate']);
export type RolloutStrategy = z.infer<typeof RolloutStrategy>;

/** A new version of a service. */
export const Release = z.strictObject({
  service: Name,
  version: Version,
  strategy: RolloutStrategy,
  /** Of each replica. @default as before */
  cpu: z.int().min(1).optional(),
  /** The simulated fault: from this percentage of traffic on the version is unhealthy; 0 at once. */
  unhealthyFrom: z.number().min(0).max(100).optional(),
});
export type Release = z.infer<typeof Release>;

export const CapacityChange = z.strictObject({ node: Name, addCpu: z.int().min(1).max(1024) });
export type CapacityChange = z.infer<typeof CapacityChange>;

/** What three teams are to do together. */
export const DeploymentRequest = z.strictObject({
  cluster: Cluster,
  /** For the infrastructure team: a node that is not there is added. */
  capacity: z.array(CapacityChange).default([]),
  releases: z.array(Release).min(1).max(50),
  monitors: z.array(Monitor).default([]),
});
export type DeploymentRequest = z.infer<typeof DeploymentRequest>;

/** One change of the cluster. */
export const Action = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('grow'), node: Name, cpu: z.int() }),
  z.strictObject({ op: z.literal('start'), replica: Replica }),
  z.strictObject({ op: z.literal('stop'), id: z.string() }),
  z.strictObject({ op: z.literal('shift'), service: Name, traffic: z.record(Version, z.number()) }),
  z.strictObject({ op: z.literal('monitor'), monitor: Monitor }),
]);
export type Action = z.infer<typeof Action>;

/** Traffic that nobody gets, while a service of one replica changes. */
export const paused = 'paused';

/** What of a cluster cannot be. */
export class ImpossibleActionError extends Error {
  override readonly name = 'ImpossibleActionError';
}

/** CPU that is left on a node. */
export function freeCpu({ nodes, replicas }: Cluster, name: string): number {
  const all = nodes.find((node) => node.name === name)?.cpu ?? 0;
  return replicas.filter(({ node }) => node === name).reduce((left, { cpu }) => left - cpu, all);
}

/** The cluster after an action. @throws {@link ImpossibleActionError} */
export function applyAction(cluster: Cluster, action: Action): Cluster {
  switch (action.op) {
    case 'grow': {
      const { node: name, cpu } = action;
      const known = cluster.nodes.some((node) => node.name === name);
      const grown = cluster.nodes.map((node) => (node.name === name ? { ...node, cpu: node.cpu + cpu } : node));
      return { ...cluster, nodes: known ? grown : [...cluster.nodes, { name, cpu }] };
    }
    case 'start':
      return start(cluster, action.replica);
    case 'stop':
      return stop(cluster, action.id);
    case 'shift':
      return shift(cluster, action.service, action.traffic);
    case 'monitor':
      return {
        ...cluster,
        monitors: [...cluster.monitors.filter((each) => !isSame(each, action.monitor)), action.monitor],
      };
    default:
      return action satisfies never;
  }
}

/** Whether two monitors watch the same. */
export function isSame(left: Monitor, right: Monitor): boolean {
  return left.service === right.service && left.metric === right.metric;
}

function start(cluster: Cluster, replica: Replica): Cluster {
  if (cluster.replicas.some(({ id }) => id === replica.id)) refuse(`${replica.id} runs already`);
  if (freeCpu(cluster, replica.node) < replica.cpu) refuse(`${replica.node} has no room for ${replica.id}`);
  return { ...cluster, replicas: [...cluster.replicas, replica] };
}

function stop(cluster: Cluster, id: string): Cluster {
  if (!cluster.replicas.some((replica) => replica.id === id)) refuse(`${id} does not run`);
  const replicas = cluster.replicas.filter((replica) => replica.id !== id);
  for (const [service, traffic] of Object.entries(cluster.traffic))
    checkServed({ ...cluster, replicas }, service, traffic);
  return { ...cluster, replicas };
}

function shift(cluster: Cluster, service: string, traffic: Record<string, number>): Cluster {
  const total = Object.values(traffic).reduce((sum, percent) => sum + percent, 0);
  if (Math.abs(total - 100) > 0.001) refuse(`the traffic of ${service} is ${total} %`);
  checkServed(cluster, service, traffic);
  return { ...cluster, traffic: { ...cluster.traffic, [service]: traffic } };
}

function checkServed({ replicas }: Cluster, service: string, traffic: Readonly<Record<string, number>>): void {
  for (const [version, percent] of Object.entries(traffic))
    if (
      percent > 0 &&
      version !== paused &&
      !replicas.some((each) => each.service === service && each.version === version)
    )
      refuse(`nothing serves ${percent} % of ${service}, version ${version}`);
}

function refuse(why: string): never {
  throw new ImpossibleActionError(why);
}
