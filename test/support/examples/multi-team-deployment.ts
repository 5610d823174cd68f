import assert from 'node:assert';
import { expect } from 'vitest';
import { DeploymentReport } from '../../../examples/multi-team-deployment/integrate.ts';
import { type Checker, Dice } from './checker.ts';

interface Replica {
  id: string;
  service: string;
  version: string;
  node: string;
  cpu: number;
}
interface Release {
  service: string;
  version: string;
  strategy: string;
  unhealthyFrom?: number;
}
interface Case {
  readonly input: {
    cluster: {
      nodes: { name: string; cpu: number }[];
      replicas: Replica[];
      traffic: Record<string, Record<string, number>>;
      monitors: unknown[];
    };
    capacity: { node: string; addCpu: number }[];
    releases: Release[];
    monitors: { service: string; metric: string; threshold: number }[];
  };
  readonly isTight: boolean;
}

const make = (seed: number): Case => {
  const dice = new Dice(seed);
  const isTight = seed % 5 === 0;
  const names = dice.shuffle(['cart', 'search', 'login', 'mail', 'stock']).slice(0, dice.whole(2, 4));
  const nodes = dice.times(3, (index) => ({ name: `node-${index + 1}`, cpu: 0 }));
  const replicas = names.flatMap((service) =>
    dice.times(
      dice.whole(1, 4),
      (index): Replica => ({ id: `${service}-${index}`, service, version: '1.0', node: dice.pick(nodes).name, cpu: 2 }),
    ),
  );
  for (const node of nodes) {
    const used = replicas.filter((replica) => replica.node === node.name).reduce((sum, { cpu }) => sum + cpu, 0);
    node.cpu = Math.max(2, used + (isTight ? 0 : 6));
  }
  const traffic = Object.fromEntries(names.map((name) => [name, { '1.0': 100 }]));
  const releases = names.map((service): Release => {
    const unhealthyFrom = dice.pick([undefined, undefined, undefined, 0, 50, 100]);
    const strategy = dice.pick(['BlueGreen', 'Canary', 'RollingUpdate']);
    return { service, version: '2.0', strategy, ...(unhealthyFrom === undefined ? {} : { unhealthyFrom }) };
  });
  const capacity = isTight ? [] : [{ node: 'node-4', addCpu: 32 }];
  const monitors = [{ service: names[0] ?? '', metric: 'error-rate', threshold: 0.5 }];
  return { isTight, input: { cluster: { nodes, replicas, traffic, monitors: [] }, capacity, releases, monitors } };
};

/** The cluster, followed action by action without the agents' code. */
class Replay {
  readonly cpu = new Map<string, number>();
  readonly running = new Map<string, Replica>();
  readonly traffic = new Map<string, Record<string, number>>();
  /** Traffic of the new version after each shift. */
  readonly shares = new Map<string, number[]>();
  readonly fewest = new Map<string, number>();

  constructor({ cluster }: Case['input']) {
    for (const { name, cpu } of cluster.nodes) this.cpu.set(name, cpu);
    for (const replica of cluster.replicas) this.running.set(replica.id, replica);
    for (const [service, shares] of Object.entries(cluster.traffic)) this.traffic.set(service, shares);
  }

  do(action: DeploymentReport['actions'][number]): void {
    if (action.op === 'grow') this.cpu.set(action.node, (this.cpu.get(action.node) ?? 0) + action.cpu);
    if (action.op === 'start') this.running.set(action.replica.id, action.replica);
    if (action.op === 'stop') assert(this.running.delete(action.id), `${action.id} runs`);
    if (action.op === 'shift') {
      this.traffic.set(action.service, action.traffic);
      this.shares.set(action.service, [...(this.shares.get(action.service) ?? []), action.traffic['2.0'] ?? 0]);
    }
    this.#check();
  }

  of(service: string): Replica[] {
    return [...this.running.values()].filter((replica) => replica.service === service);
  }

  #check(): void {
    for (const [node, cpu] of this.cpu) {
      const used = [...this.running.values()].filter((replica) => replica.node === node);
      assert(used.reduce((sum, replica) => sum + replica.cpu, 0) <= cpu, `${node} has room`);
    }
    for (const [service, shares] of this.traffic) {
      assert.equal(
        Object.values(shares).reduce((sum, percent) => sum + percent, 0),
        100,
      );
      const versions = new Set(this.of(service).map(({ version }) => version));
      for (const [version, percent] of Object.entries(shares))
        if (percent > 0 && version !== 'paused') assert(versions.has(version), `${service} ${version} is served`);
      this.fewest.set(service, Math.min(this.fewest.get(service) ?? Infinity, this.of(service).length));
    }
  }
}

const checkRelease = (
  report: DeploymentReport,
  { service, strategy, unhealthyFrom }: Release,
  { replay, input, isTight }: { readonly replay: Replay; readonly input: Case['input']; readonly isTight: boolean },
): void => {
  const result = report.services.find((each) => each.service === service);
  const before = input.cluster.replicas.filter((replica) => replica.service === service).length;
  const used = isTight ? 'RollingUpdate' : strategy;
  const fails = unhealthyFrom !== undefined;
  expect(result).toMatchObject({ strategy: used, status: fails ? 'rolled_back' : 'deployed' });
  expect(replay.of(service).map(({ version }) => version)).toEqual(Array(before).fill(fails ? '1.0' : '2.0'));
  expect(replay.traffic.get(service)).toEqual({ [fails ? '1.0' : '2.0']: 100 });
  expect(replay.fewest.get(service)).toBeGreaterThanOrEqual(used === 'RollingUpdate' ? before - 1 : before);
  const shares = replay.shares.get(service) ?? [];
  const whole: Record<string, number[]> = { BlueGreen: [100], Canary: [10, 50, 100] };
  if (!fails) expect(shares).toEqual(whole[used] ?? shares);
  else if (used === 'Canary') expect(Math.max(0, ...shares)).toBeLessThanOrEqual(unhealthyFrom);
  const watched = report.monitors.filter((monitor) => monitor.service === service);
  expect(watched.map(({ metric }) => metric).toSorted()).toEqual(['error-rate', 'latency-p99']);
};

export const multiTeamDeploymentChecker: Checker = {
  input: (seed) => make(seed).input,
  async check(seed, given) {
    const { input, isTight } = make(seed);
    const report = DeploymentReport.parse(given);
    const replay = new Replay(input);
    for (const action of report.actions) replay.do(action);
    expect(report.problems).toEqual([]);
    expect(new Map(report.cluster.replicas.map((replica) => [replica.id, replica]))).toEqual(replay.running);
    for (const release of input.releases) checkRelease(report, release, { replay, input, isTight });
    expect(report.monitors).toEqual(expect.arrayContaining(input.monitors));
    const failed = input.releases.some(({ unhealthyFrom }) => unhealthyFrom !== undefined);
    expect(report.status).toBe(failed ? 'partly_rolled_back' : 'deployed');
  },
};
