import { randomUUID } from 'node:crypto';
import { timings } from '#core/contract/limits.ts';
import type { RawSocket } from '#test/e2e/support/raw-socket.ts';
import { until } from '#test/e2e/support/until.ts';
import type { Shape } from './comparisons.ts';
import type { Counts, Rig } from './rig.ts';

/** What a unit is run with: a platform, an agent with room for everything, and a client. */
export interface Stage {
  readonly rig: Rig;
  readonly agent: RawSocket;
  /** Ten agents of ten slots each, for what is done by many. */
  readonly fleet: readonly RawSocket[];
  /** Three agents that are asked for votes, and nothing else. */
  readonly voters: readonly RawSocket[];
  readonly client: RawSocket;
}

/** A piece of use whose cost is told, for a million of it. */
export interface CostUnit {
  readonly id: string;
  readonly title: string;
  readonly shape: Shape;
  /** What a million of them may cost at most, in dollars. */
  readonly targetUsdPerMillion?: number;
  /** Done once before anything is counted. @returns what `run` is given */
  prepare?(stage: Stage): Promise<string>;
  /** Does the unit once and returns when it is over. */
  run(stage: Stage, prepared: string): Promise<void>;
}

/** A value whose JSON is of this many bytes. */
const payloadOf = (bytes: number): string => 'x'.repeat(bytes - 2);

const requirements = { capabilities: ['bench'] };

/** Answers assignments as they come, each with what it was given. */
const answerTasks = async ({ agent }: Stage, count: number): Promise<void> => {
  for (let done = 0; done < count; done += 1) {
    const { payload } = await agent.next('task.assigned', () => true, 30_000);
    const { task, attempt } = payload;
    const id = agent.send('task.result', { taskId: task.taskId, attempt, output: task.input });
    await agent.answerTo(id);
  }
};

const plainTask =
  (bytes: number): CostUnit['run'] =>
  async (stage) => {
    const task = { type: 'bench', input: payloadOf(bytes), requirements };
    // As the SDK does that waits for the end: who hears of that need not hear first that the task is stored.
    stage.client.send('task.submit', { task }, { ack: false });
    await answerTasks(stage, 1);
    await stage.client.next('task.completed');
  };

const taskOverHttp: CostUnit['run'] = async (stage) => {
  const { body } = await stage.rig.call('POST /tasks', { type: 'bench', input: payloadOf(1024), requirements });
  await answerTasks(stage, 1);
  await stage.rig.call(`GET /tasks/${body.taskId}`);
};

const largeTask: CostUnit['run'] = async (stage) => {
  const { body } = await stage.rig.call('POST /tasks', { type: 'bench', input: payloadOf(64 * 1024), requirements });
  await answerTasks(stage, 1);
  await stage.rig.call(`GET /tasks/${body.taskId}`);
};

/** The definition of a workflow, whose tasks the agent answers. */
const workflow = (definition: Record<string, unknown>): Required<Pick<CostUnit, 'prepare'>>['prepare'] => {
  return async ({ rig }) => {
    const name = `cost-${randomUUID()}`;
    const { status, body } = await rig.call('POST /workflows', { name, ...definition });
    if (status !== 201) throw new Error(`The workflow is refused: ${JSON.stringify(body)}`);
    return name;
  };
};

/** Does a run's tasks, as they are assigned. */
type Work = (stage: Stage) => Promise<void>;

const tasks =
  (count: number): Work =>
  (stage) =>
    answerTasks(stage, count);

/** Whoever of the fleet is asked next answers. */
const byFleet =
  (count: number): Work =>
  async ({ fleet }) => {
    const answerNew = async (agent: RawSocket): Promise<number> => {
      const frames = agent.takeAll('task.assigned');
      for (const { payload } of frames) {
        const { task, attempt } = payload;
        await agent.answerTo(agent.send('task.result', { taskId: task.taskId, attempt, output: task.input }));
      }
      return frames.length;
    };
    let done = 0;
    await until(
      'the fleet does its work',
      async () => {
        for (const agent of fleet) done += await answerNew(agent);
        return done >= count;
      },
      { timeoutMs: 120_000, everyMs: 10 },
    );
  };

/** Each voter is asked once, and all agree. */
const oneRound: Work = async ({ voters }) => {
  for (const voter of voters) {
    const { payload } = await voter.next('task.assigned', () => true, 30_000);
    const output = { decision: 'yes', confidence: 1, reasoning: 'it costs what it costs' };
    await voter.answerTo(
      voter.send('task.result', { taskId: payload['task'].taskId, attempt: payload['attempt'], output }),
    );
  }
};

const runOf =
  (work: Work, input: unknown): CostUnit['run'] =>
  async (stage, name) => {
    const before = stage.rig.runsEnded();
    const { body } = await stage.rig.call('POST /runs', { workflow: name, input });
    await work(stage);
    // Looked at once, when it has ended and nothing moves any more: whoever waits watches, or listens on the bus.
    await until('the run ends', () => stage.rig.runsEnded() > before, { timeoutMs: 60_000 });
    await stage.rig.settledCounts();
    const { body: run } = await stage.rig.call(`GET /runs/${body.runId}`);
    if (run.status !== 'SUCCEEDED') throw new Error(`The run is ${run.status}: ${JSON.stringify(run.error)}`);
  };

const step = (index: number, more: Record<string, unknown> = {}) => ({
  id: `step-${index}`,
  type: 'bench',
  requirements,
  input: '{{ input }}',
  ...more,
});
const stepsOf = (count: number) => Array.from({ length: count }, (_, index) => step(index));

/** What a run of a mode is measured with, where it differs from the usual. */
interface ModeOptions {
  readonly targetUsdPerMillion?: number;
  readonly input?: unknown;
  readonly work?: Work;
}

/** A unit of a mode: its definition and how many tasks a run of it has. */
const modeUnit = (
  [id, title, count]: readonly [id: string, title: string, tasks: number],
  definition: Record<string, unknown>,
  { targetUsdPerMillion, input = payloadOf(256), work = tasks(count) }: ModeOptions = {},
): CostUnit => ({
  id,
  title,
  shape: { runs: 1, tasks: count },
  prepare: workflow(definition),
  run: runOf(work, input),
  ...(targetUsdPerMillion === undefined ? {} : { targetUsdPerMillion }),
});

const mapOf = (parts: number) => ({
  mode: 'map_reduce',
  split: { over: '{{ input }}' },
  map: { type: 'bench', requirements: { capabilities: ['part'] }, input: '{{ item }}' },
  reduce: { aggregate: 'concat' },
  maxParallelAgents: parts,
});

/** One node, three that depend on it, one that depends on these. */
const diamond = [
  step(0),
  ...[1, 2, 3].map((index) => step(index, { dependsOn: ['step-0'] })),
  step(4, { dependsOn: ['step-1', 'step-2', 'step-3'] }),
];

const question = {
  mode: 'consensus',
  voters: { capability: 'vote', count: 3 },
  type: 'vote',
  question: '{{ input }}',
  options: ['no', 'yes'],
};

const plain: Shape = { runs: 0, tasks: 1 };

/** Everything that is measured. A new mode is one line. */
export const costUnits: readonly CostUnit[] = [
  {
    id: 'task-250',
    title: 'task over sockets, 250 B in and out',
    shape: plain,
    targetUsdPerMillion: 8,
    run: plainTask(250),
  },
  {
    id: 'task-1k',
    title: 'task over sockets, 1 KB in and out',
    shape: plain,
    targetUsdPerMillion: 12,
    run: plainTask(1024),
  },
  { id: 'task-http', title: 'task over HTTP, 1 KB, and one look at it', shape: plain, run: taskOverHttp },
  { id: 'task-64k', title: 'task over HTTP, 64 KB through S3, and one look', shape: plain, run: largeTask },
  modeUnit(
    ['sequential-5', '`sequential`, 5 steps', 5],
    { mode: 'sequential', steps: stepsOf(5) },
    { targetUsdPerMillion: 210 },
  ),
  modeUnit(['parallel-5', '`parallel`, 5 tasks', 5], { mode: 'parallel', tasks: stepsOf(5) }),
  modeUnit(['dag-5', '`dag`, 5 nodes', 5], { mode: 'dag', nodes: diamond }, { targetUsdPerMillion: 110 }),
  modeUnit(['map-reduce-100', '`map_reduce`, 100 parts, ten agents', 100], mapOf(100), {
    work: byFleet(100),
    targetUsdPerMillion: 1250,
    input: Array.from({ length: 100 }, (_, index) => ({ part: index })),
  }),
  modeUnit(['consensus-3', '`consensus`, 3 voters, one round', 3], question, { work: oneRound }),
];

/** Something that happens so often a month. */
interface MonthPart {
  readonly times: number;
  run(stage: Stage): Promise<void>;
}

/** What stands for a month, in dollars a month. */
export interface MonthUnit {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly MonthPart[];
  /** What is counted by the month. */
  fixed(stage: Stage): Counts;
}

const minutesAMonth = 30 * 24 * 60;
/** @see `timings.heartbeatMs` */
const heartbeatsAMinute = 60_000 / timings.heartbeatMs;
/** API Gateway ends a socket at two hours. */
const connectionsAMonth = (minutesAMonth * 60_000) / timings.connectionAgeMs;

const heartbeat: MonthPart['run'] = async ({ agent }) => {
  agent.send('agent.heartbeat', { tasks: [] });
};

const reconnect: MonthPart['run'] = async ({ rig }) => {
  const socket = await rig.socket();
  await socket.register({ name: 'comes-and-goes', type: 'bench', capabilities: ['other'], maxConcurrency: 5 });
  await socket.close();
};

/**
 * Lambda keeps five pollers at an idle queue, each asking for up to 20 s at a time.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const pollsAMonth = 5 * 3 * minutesAMonth;

/** Everything that is told by the month. */
export const monthUnits: readonly MonthUnit[] = [
  {
    id: 'agent-month',
    title: 'one agent connected, idle',
    parts: [
      { times: heartbeatsAMinute * minutesAMonth, run: heartbeat },
      { times: connectionsAMonth, run: reconnect },
    ],
    fixed: () => ({ 'websocket.connectionMinutes': minutesAMonth }),
  },
  {
    id: 'idle-month',
    title: 'a deployment, nobody connected',
    parts: [{ times: minutesAMonth, run: ({ rig }) => rig.sweep() }],
    fixed: ({ rig }) => ({
      'scheduler.invocations': minutesAMonth,
      'sqs.emptyReceives': pollsAMonth * rig.resources.queueConsumers,
      'cloudwatch.alarms': rig.resources.alarms,
      // What the sweep counts each minute; the other metrics are written when something happens.
      'cloudwatch.metrics': 3,
      'cloudwatch.dashboards': rig.resources.dashboards,
      'secretsmanager.secrets': rig.resources.secrets,
    }),
  },
];
