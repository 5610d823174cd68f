import type { Json } from '#core/contract/json.ts';
import type { DecideRequest } from '#core/contract/messages.ts';
import { WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { decideStep } from '#core/runs/decide-step.ts';
import type { Run } from '#core/runs/run.ts';
import { createWorld, type TestAgent, tenant, type World } from '../world.ts';

/** What a definition says beyond the simplest. */
export type Definition = Record<string, unknown>;
/** The simplest definition, changed. */
export const mapReduce = (more: Definition = {}): WorkflowDefinitionInput =>
  WorkflowDefinition.parse({
    mode: 'map_reduce',
    name: 'm',
    split: { over: '{{ input.list }}' },
    map: { type: 'count', input: { item: '{{ item }}', at: '{{ index }}' } },
    reduce: { aggregate: 'sum' },
    ...more,
  });

/** A run with an agent that has room for everything. */
export const begin = async (more: Definition, input: Json, slots = 100) => {
  const world = createWorld();
  const agent = await world.agent('a', { maxConcurrency: slots });
  const run = await world.start(mapReduce(more), input);
  return { world, agent, run };
};
/** What the state machine asks once the map phase is decided. */
export const decide = (world: World, run: Run) =>
  decideStep(world.services, { tenant, runId: run.runId, step: 'reduce', position: 0 } satisfies DecideRequest);
/** How a stage's token was answered. */
export const outcomeOf = (world: World, stage: number) => world.ports.executions.answers.get(`token-${stage}`);
/** Enters a stage and creates all its members. */
export const enter = async (world: World, run: Run, stage: number): Promise<void> => {
  await world.enterStage(run, stage);
  await world.drainTasks();
};
/** What each task of a stage was given. */
export const inputs = (world: World, stage = 1) => world.members(stage).map(({ input }) => input);
/** Lets every assigned task of a stage end, by `work`, until none is. */
export const workAll = async (
  world: World,
  agent: TestAgent,
  work: (input: Json, index: number) => Json,
  stage = 1,
) => {
  for (;;) {
    const assigned = world.members(stage).filter(({ status }) => status === 'ASSIGNED');
    if (assigned.length === 0) return;
    for (const { taskId, place, input } of assigned) {
      await world.complete(agent, taskId, work(input, place?.index ?? 0));
      await world.drainTasks();
    }
  }
};
