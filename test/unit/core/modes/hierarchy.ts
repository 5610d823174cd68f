import type { Json } from '#core/contract/json.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { createWorld, type TestAgent } from '../world.ts';

export const teams = [
  { name: 'infra', leader: 'infra-lead', specialization: 'infrastructure', workers: { agents: ['ann', 'ben'] } },
  { name: 'app', leader: 'app-lead', specialization: 'services', workers: { capability: 'code', size: 2 } },
];
export const definition = (more: Record<string, unknown> = {}) =>
  WorkflowDefinition.parse({
    mode: 'hierarchical',
    name: 'h',
    task: { goal: '{{ input.goal }}' },
    supervisor: { type: 'supervise', requirements: { capabilities: ['supervision'] } },
    lead: { type: 'lead' },
    work: { type: 'work' },
    teams,
    ...more,
  });

const capabilities: Record<string, string[]> = {
  boss: ['supervision'],
  'infra-lead': [],
  'app-lead': [],
  ann: [],
  ben: [],
  cem: ['code'],
};

export const begin = async (more: Record<string, unknown> = {}, input: Json = { goal: 'ship' }) => {
  const world = createWorld();
  const agents = new Map<string, TestAgent>();
  for (const [name, own] of Object.entries(capabilities))
    agents.set(name, await world.agent(name, { capabilities: own, maxConcurrency: 100 }));
  const run = await world.start(definition(more), input);
  await world.enterStage(run, 0);
  return { world, agents, run };
};
export type Begun = Awaited<ReturnType<typeof begin>>;

export const at = { plan: 0, split: 1, work: 2, recover: 3, again: 4, aggregate: 5, integrate: 6 } as const;
export type Phase = keyof typeof at;

const holderOf = ({ agents }: Begun, name: string | undefined): TestAgent => {
  const agent = agents.get(name ?? '');
  if (agent === undefined) throw new Error(`there is no ${name}`);
  return agent;
};
export const taskAt = ({ world }: Begun, phase: Phase, step?: string) => {
  const [task] = world.members(at[phase], step);
  if (task === undefined) throw new Error(`nothing is asked in ${phase} ${step ?? ''}`);
  return task;
};
/** Whoever has a task answers it. */
export const answer = async (begun: Begun, phase: Phase, output: Json, step?: string): Promise<void> => {
  const { taskId, agentName } = taskAt(begun, phase, step);
  await begun.world.complete(holderOf(begun, agentName), taskId, output);
};
export const failAt = async (begun: Begun, phase: Phase, step: string): Promise<void> => {
  const { taskId, agentName } = taskAt(begun, phase, step);
  await begun.world.fail(holderOf(begun, agentName), taskId, { retryable: false });
};
export const enter = ({ world, run }: Begun, phase: Phase) => world.enterStage(run, at[phase]);
export const ended = ({ world, run }: Begun) => world.run(run.runId);

export const plan: Json = {
  subtasks: [
    { id: 'network', specialization: 'infrastructure', complexity: 0.2 },
    { id: 'service', team: 'app', complexity: 0.9, input: { port: 80 } },
  ],
};
export const infraItems: Json = { items: [{ id: 'vpc', effort: 3 }, { id: 'dns' }] };
export const appItems: Json = { items: [{ id: 'build', input: 'b' }, { id: 'deploy' }] };

export const untilWork = async (
  more: Record<string, unknown> = {},
  infra: Json = infraItems,
  app: Json = appItems,
): Promise<Begun> => {
  const begun = await begin(more);
  await answer(begun, 'plan', plan);
  await enter(begun, 'split');
  await answer(begun, 'split', infra, 'split-infra');
  await answer(begun, 'split', app, 'split-app');
  await enter(begun, 'work');
  return begun;
};
export const finishWork = async (begun: Begun, except: readonly string[] = []): Promise<void> => {
  for (const { place } of begun.world.members(at.work))
    if (place !== undefined && !except.includes(place.step))
      await answer(begun, 'work', `${place.step} done`, place.step);
};
export const finish = async (begun: Begun, review: Json = 'all done'): Promise<void> => {
  await enter(begun, 'aggregate');
  await answer(begun, 'aggregate', 'infra is up', 'aggregate-infra');
  await answer(begun, 'aggregate', 'app is up', 'aggregate-app');
  await enter(begun, 'integrate');
  await answer(begun, 'integrate', review);
};
