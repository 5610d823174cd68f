import { describe, expect, it } from 'vitest';
import type { WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { pauseRun, resumeRun } from '#core/runs/pause-run.ts';
import { Run } from '#core/runs/run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { createWorld, owner, stranger, tenant, type World } from '../world.ts';

const three: WorkflowDefinitionInput = {
  mode: 'parallel',
  name: 'three',
  maxParallelAgents: 1,
  tasks: ['a', 'b', 'c'].map((id) => ({ id, type: 'work' })),
};
const statuses = (world: World) => world.members(0).map(({ status }) => status);
const pause = (world: World, run: Run) => pauseRun(world.services, owner, run.runId);
const resume = (world: World, run: Run) => resumeRun(world.services, owner, run.runId);

describe('pauseRun', () => {
  it('lets what is at work end and begins nothing more, until it is resumed', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(three);
    await world.enterStage(run, 0);
    expect(await pause(world, run)).toMatchObject({ status: 'PAUSED' });
    await world.complete(agent, world.memberId(0, 0));
    expect(statuses(world)).toEqual(['SUCCEEDED', 'PENDING', 'PENDING']);
    expect(await resume(world, run)).toMatchObject({ status: 'RUNNING' });
    expect(statuses(world)).toEqual(['SUCCEEDED', 'ASSIGNED', 'PENDING']);
    for (const index of [1, 2]) await world.complete(agent, world.memberId(0, index));
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('holds a stage that is asked for while it is paused', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({ ...three, maxParallelAgents: 2 });
    await pause(world, run);
    await world.enterStage(run, 0);
    await world.enterStage(run, 0, 'again');
    expect(statuses(world)).toEqual(['PENDING', 'PENDING', 'PENDING']);
    await resume(world, run);
    await world.enterStage(run, 0, 'again');
    expect(statuses(world).toSorted()).toEqual(['ASSIGNED', 'ASSIGNED', 'PENDING']);
    for (const index of [0, 1, 2]) await world.complete(agent, world.memberId(0, index));
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is finished by the sweep when it died half way, either way', async () => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start(three);
    await pause(world, run);
    await world.enterStage(run, 0);
    world.hooks.before = (operation) => {
      if (operation.name === 'query') throw new Error('killed');
    };
    await expect(resume(world, run)).rejects.toThrow('killed');
    delete world.hooks.before;
    expect(statuses(world)).toEqual(['PENDING', 'PENDING', 'PENDING']);
    world.advance(61_000);
    await sweep(world.services);
    expect(statuses(world).filter((status) => status === 'PENDING')).toHaveLength(2);
  });

  it('pauses and resumes the runs inside it', async () => {
    const world = createWorld();
    await putWorkflow(world.services, tenant, WorkflowDefinition.parse(three));
    const run = await world.start({
      mode: 'sequential',
      name: 'outer',
      steps: [{ id: 'in', run: { workflow: 'three' } }],
    });
    await world.enterStage(run, 0);
    await world.drainTasks();
    const inner = () =>
      world.ports.table.items().flatMap((item) => (item['parentTask'] === undefined ? [] : [Run.parse(item)]))[0];
    await pause(world, run);
    expect(inner()).toMatchObject({ status: 'PAUSED' });
    await resume(world, run);
    expect(inner()).toMatchObject({ status: 'RUNNING' });
  });

  it('can be repeated, and cancelled while it is paused', async () => {
    const world = createWorld();
    const run = await world.start(three);
    await world.enterStage(run, 0);
    for (let time = 0; time < 2; time++) expect(await pause(world, run)).toMatchObject({ status: 'PAUSED' });
    await cancelRun(world.services, owner, run.runId, 'enough');
    expect(await world.run(run.runId)).toMatchObject({ status: 'CANCELLED' });
    await expect(resume(world, run)).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
  });

  it("does not find another tenant's", async () => {
    const world = createWorld();
    const run = await world.start(three);
    await expect(pauseRun(world.services, stranger, run.runId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await world.run(run.runId)).toMatchObject({ status: 'RUNNING' });
  });
});
