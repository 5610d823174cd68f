import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../support/fleet.ts';
import type { NodeProcess } from '../support/spawn-node.ts';
import { until } from '../support/until.ts';

const requirements = { capabilities: ['work'] };
const echo = { type: 'echo', requirements };
/** Whoever dies never ends it; its heir does at once. */
const outlive = { type: 'outlive', requirements };
const script = { brief: '{{ brief }}', answers: '{{ input }}' };

interface Plot {
  readonly definition: Record<string, unknown>;
  readonly input?: unknown;
  /** What the victim says when it is at the work in the middle of which it dies. */
  readonly says: string;
}

/** In each mode something is done already when the agent dies. */
const plots = {
  sequential: {
    definition: {
      mode: 'sequential',
      steps: [
        { id: 'first', ...echo },
        { id: 'second', ...outlive },
      ],
    },
    says: 'assigned second',
  },
  parallel: {
    definition: {
      mode: 'parallel',
      tasks: [
        { id: 'brief', ...echo },
        { id: 'long', ...outlive },
      ],
    },
    says: 'assigned long',
  },
  pipeline: {
    definition: {
      mode: 'pipeline',
      stages: [
        { id: 'extract', ...echo },
        { id: 'analyse', ...outlive },
      ],
    },
    says: 'assigned analyse',
  },
  map_reduce: {
    definition: {
      mode: 'map_reduce',
      split: { over: '{{ input }}' },
      map: outlive,
      reduce: { aggregate: 'concat' },
    },
    input: [1, 2, 3],
    says: 'assigned map',
  },
  dag: {
    definition: {
      mode: 'dag',
      nodes: [
        { id: 'top', ...echo },
        { id: 'side', dependsOn: ['top'], ...outlive },
        { id: 'bottom', dependsOn: ['side'], ...echo },
      ],
    },
    says: 'assigned side',
  },
  hierarchical: {
    definition: {
      mode: 'hierarchical',
      supervisor: { type: 'script', requirements: { capabilities: ['boss'] }, input: script },
      lead: { type: 'script', input: script },
      work: { type: 'outlive' },
      teams: [{ name: 'app', leader: 'lead-0', specialization: 'services', workers: { capability: 'work', size: 2 } }],
    },
    input: {
      plan: { subtasks: [{ id: 'service' }] },
      split: { items: [{ id: 'build', type: 'echo', input: 'built' }, { id: 'deploy' }] },
      integrate: { approved: true },
    },
    says: 'assigned app/deploy',
  },
  swarm_fanout: {
    definition: {
      mode: 'swarm',
      variant: 'fanout',
      decompose: { task: { ...echo, input: '{{ input }}' } },
      work: outlive,
    },
    input: { parts: [{ id: 'easy', type: 'echo', input: 1 }, { id: 'hard' }] },
    says: 'assigned hard',
  },
  leader_elect: {
    definition: { mode: 'leader_elect', candidates: { capability: 'work' }, task: { type: 'outlive' } },
    says: 'assigned lead',
  },
} satisfies Readonly<Record<string, Plot>>;

/** Ants that never agree, as no way leads to what there is to be found. */
const endless = {
  mode: 'swarm',
  variant: 'stigmergic',
  type: 'walk',
  environment: {
    kind: 'graph',
    edges: [
      { from: 'S', to: 'A', cost: 1 },
      { from: 'B', to: 'F', cost: 1 },
    ],
    start: 'S',
    resources: [{ at: 'F' }],
  },
  agents: { capability: 'work', count: 2 },
  iterationSeconds: 2,
  maxIterations: 200,
  convergence: 1,
  minStrength: 1,
};
const auction = {
  mode: 'auction',
  task: { type: 'paint', input: '{{ input }}' },
  bidders: { capability: 'painter' },
};

let fleet: Fleet;
let heir: NodeProcess | undefined;
const runs = new Map<string, string>();
const ended = (name: keyof typeof plots | 'auction') => fleet.ended(runs.get(name) ?? '');
const iterations = async (): Promise<number> => (await fleet.view(runs.get('ants') ?? '')).steps.length;

// One agent is at work in a run of every mode when it dies: the grace that a lost agent has passes once for all.
beforeAll(async () => {
  fleet = await Fleet.start();
  const [[victim], painters] = await Promise.all([
    fleet.begin('work', 1, { name: 'victim', slots: 20 }),
    fleet.begin('painter', 2, { script: 'bidder-process.ts', slots: 2 }),
    fleet.begin('boss', 1),
    fleet.begin('lead', 1),
  ]);
  await Promise.all(
    Object.entries(plots).map(async ([name, { definition, ...plot }]) => {
      runs.set(name, await fleet.run(definition, 'input' in plot ? plot.input : null));
      await until(`the victim is in the middle of ${name}`, () => victim?.lines.includes(plot.says));
    }),
  );
  runs.set('auction', await fleet.run(auction, { slow: ['painter-0'] }));
  runs.set('ants', await fleet.run(endless));
  await until('the winner works', () => painters[0]?.lines.includes(`work ${runs.get('auction')}`));
  await until('ants walk', async () => (await iterations()) >= 2);
  [heir] = await fleet.begin('work', 1, { name: 'heir', slots: 20 });
  await Promise.all([victim?.kill(), painters[0]?.kill()]);
});
afterAll(() => fleet?.stop());

const attemptsOf = (run: { steps: { tasks: { attempt: number }[] }[] }): number[][] =>
  run.steps.map(({ tasks }) => tasks.map(({ attempt }) => attempt));
const byHeir = { by: 'heir-0' };

describe('a run of which one agent dies in the middle', () => {
  it('goes on with the step that it was at: sequential', async () => {
    const run = await ended('sequential');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: byHeir });
    expect(attemptsOf(run)).toEqual([[1], [2]]);
  });

  it('does its task again and no other: parallel', async () => {
    const run = await ended('parallel');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { long: byHeir } });
    expect(attemptsOf(run)).toEqual([[1], [2]]);
  });

  it('goes on with the stage that it was at: pipeline', async () => {
    const run = await ended('pipeline');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { output: byHeir } });
    expect(run.output.stages).toMatchObject([{ metrics: [{ attempts: 1 }] }, { metrics: [{ attempts: 2 }] }]);
  });

  it('maps its parts elsewhere: map_reduce', async () => {
    const run = await ended('map_reduce');
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { succeeded: 3, isPartial: false, value: [byHeir, byHeir, byHeir] },
    });
  });

  it('goes on with its node: dag', async () => {
    const run = await ended('dag');
    expect(run.status).toBe('SUCCEEDED');
    expect(attemptsOf(run)).toEqual([[1], [2], [1]]);
  });

  it('has another worker of the team, and asks nobody for it: hierarchical', async () => {
    const run = await ended('hierarchical');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { failureHandled: false } });
    expect(run.output.items).toMatchObject([
      { item: 'app/build', attempts: 1 },
      { item: 'app/deploy', attempts: 2, output: byHeir },
    ]);
  });

  it('has its part done elsewhere: swarm, fanout', async () => {
    const run = await ended('swarm_fanout');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { metrics: { succeeded: 2, retries: 1 } } });
    expect(run.output.parts[1]).toMatchObject({ id: 'hard', attempts: 2, output: byHeir });
  });

  it('has another leader in the next term: leader_elect', async () => {
    const run = await ended('leader_elect');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: byHeir });
    expect(run.steps.map(({ tasks }: { tasks: { agentName: string }[] }) => tasks[0]?.agentName)).toEqual([
      'victim-0',
      'heir-0',
    ]);
  });

  it('gives the task to the next best bid: auction', async () => {
    expect(await ended('auction')).toMatchObject({ status: 'SUCCEEDED', output: { output: { by: 'painter-1' } } });
  });

  it('goes on with the ants of the others, and not at all when all agents are stopped: swarm, stigmergic', async () => {
    const before = await iterations();
    await until('it goes on', async () => (await iterations()) >= before + 3);
    await heir?.kill();
    const runId = runs.get('ants') ?? '';
    const last = await fleet.when(runId, 'nobody moves', ({ steps }) => steps.at(-1)?.tasks[0]?.status === 'QUEUED');
    const run = await fleet.cancelled(runId, 'it is open', ({ status }) => status === 'RUNNING');
    expect(run.status).toBe('CANCELLED');
    const done = last.steps.filter(({ status }: { status: string }) => status === 'SUCCEEDED');
    expect(done.length).toBeGreaterThan(3);
  });
});
