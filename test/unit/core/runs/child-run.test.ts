import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { followTask } from '#core/runs/child-run.ts';
import { Run } from '#core/runs/run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { createWorld, owner, tenant, type World } from '../world.ts';

const inner: WorkflowDefinitionInput = { mode: 'sequential', name: 'inner', steps: [{ id: 'one', type: 'work' }] };
const outer: WorkflowDefinitionInput = {
  mode: 'sequential',
  name: 'outer',
  steps: [
    { id: 'nested', run: { workflow: 'inner' }, input: { of: '{{ input.topic }}' } },
    { id: 'after', type: 'sum', input: '{{ steps.nested.output }}' },
  ],
};

const runs = (world: World): readonly Run[] =>
  world.ports.table
    .items()
    .filter(({ sk }) => sk === 'RUN')
    .map((item) => Run.parse(item));

const childOf = (world: World): Run => {
  const child = runs(world).find(({ parentTask }) => parentTask !== undefined);
  if (child === undefined) throw new Error('no child was started');
  return child;
};

const relayRuns = async (world: World): Promise<void> => {
  for (const item of world.ports.table.items().filter(({ sk, outbox }) => sk === 'RUN' && outbox !== undefined))
    await relayItem(world.services, item);
};

/** The outer run with its inner one started. */
const begin = async () => {
  const world = createWorld();
  const agent = await world.agent('a');
  await putWorkflow(world.services, tenant, WorkflowDefinition.parse(inner));
  const run = await world.start(outer, { topic: 'cats' });
  await world.enterStage(run, 0);
  await world.drainTasks();
  return { world, agent, run, child: childOf(world), taskId: world.memberId(0, 0) };
};

describe('a step that is a run', () => {
  it('starts the workflow with its input, holds no agent, and goes on with the output', async () => {
    const { world, agent, run, child, taskId } = await begin();
    expect(await world.task(taskId)).toMatchObject({ kind: 'run', status: 'PENDING', type: 'inner' });
    expect(child).toMatchObject({ workflow: 'inner', status: 'RUNNING', input: { of: 'cats' }, depth: 1 });
    await world.enterStage(child, 0, 'child-token');
    const work = world.tasks().find(({ place }) => place?.runId === child.runId);
    await world.complete(agent, work?.taskId ?? world.memberId(0, 0), 'done');
    await relayRuns(world);
    expect(await world.task(taskId)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    await world.enterStage(run, 1);
    expect(world.members(1)).toMatchObject([{ input: 'done' }]);
  });

  it('starts one run however often its message comes', async () => {
    const { world, taskId } = await begin();
    for (let time = 0; time < 3; time++) await followTask(world.services, tenant, taskId);
    expect(runs(world)).toHaveLength(2);
    expect(world.ports.executions.started.size).toBe(2);
  });

  it('fails with the code and the words of its run', async () => {
    const { world, agent, run, child } = await begin();
    await world.enterStage(child, 0, 'child-token');
    const work = world.tasks().find(({ place }) => place?.runId === child.runId);
    if (work !== undefined) await world.fail(agent, work.taskId, { retryable: false });
    await relayRuns(world);
    const [task] = world.members(0).filter(({ place }) => place?.runId === run.runId);
    expect(task).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED', retryable: false } });
    expect(task?.error?.message).toContain(child.runId);
    expect(task?.error?.message).toContain('BROKEN: It broke.');
    const failedTask = { step: task?.place?.step, taskId: task?.taskId, code: 'STEP_FAILED' };
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED', error: { failedTask } });
  });

  it('takes its run along when the outer one is cancelled', async () => {
    const { world, run, child } = await begin();
    await world.enterStage(child, 0, 'child-token');
    await cancelRun(world.services, owner, run.runId, 'enough');
    await world.drainTasks();
    await world.drainTasks();
    expect(await world.run(run.runId)).toMatchObject({ status: 'CANCELLED' });
    expect(await world.run(child.runId)).toMatchObject({ status: 'CANCELLED' });
    expect(world.tasks().filter(({ status }) => /PENDING|QUEUED|ASSIGNED/.test(status))).toEqual([]);
  });

  it('has its run stopped by the sweep when the message that said so was lost', async () => {
    const { world, taskId, child } = await begin();
    await cancelTask(world.services, owner, taskId, 'not needed');
    world.ports.queues.tasks.splice(0);
    world.advance(61_000);
    await sweep(world.services);
    expect(await world.run(child.runId)).toMatchObject({ status: 'CANCELLED' });
  });

  it('is given its run by the sweep when the message that started it was lost', async () => {
    const world = createWorld();
    await putWorkflow(world.services, tenant, WorkflowDefinition.parse(inner));
    const run = await world.start(outer);
    await world.enterStage(run, 0);
    world.ports.queues.tasks.splice(0);
    world.advance(61_000);
    await sweep(world.services);
    await world.drainTasks();
    expect(childOf(world)).toMatchObject({ status: 'RUNNING' });
  });

  it('runs the version that was newest when the run first came to the workflow', async () => {
    const world = createWorld();
    await putWorkflow(world.services, tenant, WorkflowDefinition.parse(inner));
    const nested = { run: { workflow: 'inner' } };
    const steps = [
      { id: 'a', ...nested },
      { id: 'b', ...nested },
    ];
    const run = await world.start({ mode: 'sequential', name: 'twice', steps });
    await world.enterStage(run, 0);
    await world.drainTasks();
    await putWorkflow(world.services, tenant, WorkflowDefinition.parse({ ...inner, description: 'newer' }));
    await world.enterStage(run, 1);
    await world.drainTasks();
    expect(runs(world).flatMap(({ workflow, version }) => (workflow === 'inner' ? [version] : []))).toEqual([1, 1]);
  });

  it('fails with the reason when the workflow does not exist', async () => {
    const world = createWorld();
    const run = await world.start(outer);
    await world.enterStage(run, 0);
    await world.drainTasks();
    expect(world.members(0)).toMatchObject([{ status: 'FAILED', error: { code: 'NOT_FOUND' } }]);
  });

  it('ends a workflow that runs itself at the depth that is allowed, naming it', async () => {
    const world = createWorld();
    const self: WorkflowDefinitionInput = {
      mode: 'sequential',
      name: 'self',
      steps: [{ id: 'again', run: { workflow: 'self' } }],
    };
    await world.start(self);
    for (let depth = 0; depth <= limits.runDepth; depth++) {
      const innermost = runs(world).find((run) => (run.depth ?? 0) === depth);
      if (innermost !== undefined) await world.enterStage(innermost, 0, `token-${depth}`);
      await world.drainTasks();
    }
    expect(runs(world)).toHaveLength(limits.runDepth + 1);
    expect(world.tasks().filter(({ status }) => status === 'FAILED')).toMatchObject([
      { error: { code: 'INVALID_DEFINITION', message: expect.stringContaining('self') } },
    ]);
    for (let depth = 0; depth <= limits.runDepth; depth++) await relayRuns(world);
    const [outermost] = runs(world).filter(({ depth }) => depth === undefined || depth === 0);
    expect(outermost?.error?.message).toMatch(/Runs are nested more than 5 deep: self runs self\.$/);
    expect(outermost?.error?.failedTask?.message).toMatch(/Runs are nested more than 5 deep: self runs self\.$/);
  });

  it('cannot be submitted by itself', async () => {
    const world = createWorld();
    await expect(world.submit({ kind: 'run' })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    expect(world.tasks()).toEqual([]);
  });
});
