import { WorkflowDefinition } from '#core/contract/workflow.ts';
import type { Run } from '#core/runs/run.ts';
import { createWorld, type TestAgent, type World } from '../world.ts';

export const fail = (): never => {
  throw new Error('no such agent');
};

export const names = ['ann', 'ben', 'cem', 'dia'];
export const definition = (more: Record<string, unknown> = {}) => {
  const parsed = WorkflowDefinition.parse({
    mode: 'consensus',
    name: 'vote',
    type: 'judge',
    voters: { agents: names },
    question: { of: '{{ input.topic }}' },
    options: ['keep', 'ship'],
    quorum: 0.6,
    deadlineSeconds: 30,
    ...more,
  });
  if (parsed.mode !== 'consensus') throw new Error('another mode');
  return parsed;
};

export interface Vote {
  readonly decision: string;
  readonly confidence?: number;
  readonly reasoning?: string;
  readonly evidence?: string[];
}

export const begin = async (more: Record<string, unknown> = {}) => {
  const world = createWorld();
  const agents = new Map<string, TestAgent>();
  for (const name of names) agents.set(name, await world.agent(name, { maxConcurrency: 1 }));
  const run = await world.start(definition(more), { topic: 'cats' });
  await world.enterStage(run, 0);
  return { world, agents, run };
};
export type Begun = Awaited<ReturnType<typeof begin>>;

export const ballotOf = (world: World, name: string, round = 0) => {
  const task = world.members(round).find(({ requirements }) => requirements.agentId === idOf(world, name));
  if (task === undefined) throw new Error(`${name} was not asked in round ${round}`);
  return task;
};
export const idOf = (world: World, name: string) =>
  world.ports.table.items().find(({ pk }) => pk === `acme#AGENTNAME#${name}`)?.['agentId'];

export const vote = async ({ world, agents }: Begun, name: string, cast: string | Vote, round = 0): Promise<void> => {
  const agent = agents.get(name);
  if (agent === undefined) throw new Error(`there is no ${name}`);
  const { taskId } = ballotOf(world, name, round);
  await world.complete(agent, taskId, typeof cast === 'string' ? { decision: cast } : { ...cast });
};
export const votes = async (begun: Begun, cast: Record<string, string | Vote>, round = 0): Promise<void> => {
  for (const [name, own] of Object.entries(cast)) await vote(begun, name, own, round);
};
export const isDecided = (world: World, round = 0): boolean => world.ports.executions.answers.has(`token-${round}`);
export const tally = ({ world, run }: Begun, round = 0) => world.decideAt(run, 'tally', round);
export const ended = async ({ world, run }: Begun): Promise<Run> => world.run(run.runId);
export const deadline = async ({ world }: Begun): Promise<void> => {
  world.advance(30_000);
  await world.fireTimers('deadline');
};
