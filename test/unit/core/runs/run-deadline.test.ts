import { describe, expect, it } from 'vitest';
import { WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { Run } from '#core/runs/run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { createWorld, tenant, type World } from '../world.ts';

const step = (id: string, more: Record<string, unknown> = {}) => ({ id, type: 'work', timeoutSeconds: 40, ...more });
const sequential = (...steps: readonly { readonly id: string }[]) =>
  WorkflowDefinition.parse({ mode: 'sequential', name: 'w', timeoutSeconds: 5, steps });
const runTimers = ({ ports }: World) => ports.queues.timers.filter(({ message }) => message.kind === 'run-deadline');
/** What falls due by now: the timers, and what they ask for. */
const fallDue = async (world: World, kind?: string) => {
  await world.fireTimers(kind);
  await world.drainTasks();
};
const begin = async (definition: WorkflowDefinitionInput) => {
  const world = createWorld();
  const agent = await world.agent('a');
  const run = await world.start(definition);
  await world.enterStage(run, 0);
  return { world, agent, run };
};
const timedOut = { status: 'TIMED_OUT', error: { code: 'DEADLINE', message: 'The run did not end within 5 s.' } };

describe('a run whose time is over', () => {
  it('ends by its timer, with its tasks and its execution, and begins nothing more', async () => {
    const { world, agent, run } = await begin(sequential(step('one'), step('two')));
    expect(runTimers(world)).toMatchObject([{ delaySeconds: 5 }]);
    world.advance(5000);
    await fallDue(world, 'run-deadline');
    expect(await world.run(run.runId)).toMatchObject(timedOut);
    expect(world.members(0)).toMatchObject([{ status: 'CANCELLED' }]);
    expect(world.frames(agent.connectionId, 'task.cancel')).toHaveLength(1);
    expect([...world.ports.executions.started.values()]).toMatchObject([{ status: 'ABORTED' }]);
    await world.enterStage(run, 1);
    expect(world.members(1)).toEqual([]);
    await fallDue(world);
    expect(await world.run(run.runId)).toMatchObject(timedOut);
  });

  it('ends where the next stage is asked for, if no timer was faster', async () => {
    const { world, agent, run } = await begin(sequential(step('one'), step('two')));
    world.advance(4999);
    await world.complete(agent, world.memberId(0, 0), 'in time');
    world.advance(1);
    await world.enterStage(run, 1);
    expect(world.members(1)).toEqual([]);
    expect(await world.run(run.runId)).toMatchObject(timedOut);
    expect(world.ports.executions.answers.get('token-1')).toMatchObject({ error: 'RunNotLive' });
  });

  it('has timed out as well when its task does first, and names the task', async () => {
    const { world, run } = await begin(sequential(step('one')));
    const { deadlineAt, createdAt } = await world.run(run.runId);
    expect(world.members(0)).toMatchObject([{ deadlineAt: createdAt + 5000 }]);
    expect(deadlineAt).toBe(createdAt + 5000);
    world.advance(5000);
    await fallDue(world, 'deadline');
    expect(world.members(0)).toMatchObject([
      { status: 'TIMED_OUT', error: { message: "The task did not end before its run's deadline." } },
    ]);
    expect(await world.run(run.runId)).toMatchObject({
      ...timedOut,
      error: { ...timedOut.error, failedTask: { step: 'one', code: 'DEADLINE' } },
    });
  });

  it('succeeds when its last task ends in time', async () => {
    const { world, agent, run } = await begin(sequential(step('one')));
    world.advance(4999);
    await world.complete(agent, world.memberId(0, 0), 'done');
    world.advance(10_000);
    await fallDue(world);
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  it('lets no member go whose turn comes too late, and none work longer', async () => {
    const tasks = [step('one'), step('two'), step('three')];
    const { world, agent, run } = await begin(
      WorkflowDefinition.parse({ mode: 'parallel', name: 'w', timeoutSeconds: 5, maxParallelAgents: 1, tasks }),
    );
    world.advance(3000);
    await world.complete(agent, world.memberId(0, 0));
    const { deadlineAt } = await world.run(run.runId);
    expect(world.members(0, 'two')).toMatchObject([{ status: 'ASSIGNED', deadlineAt }]);
    world.advance(2000);
    await world.complete(agent, world.memberId(0, 1)).catch(() => undefined);
    expect(world.members(0, 'three')).toMatchObject([{ status: 'PENDING' }]);
    await fallDue(world);
    expect(await world.run(run.runId)).toMatchObject(timedOut);
    expect(world.members(0, 'three')).toMatchObject([{ status: 'CANCELLED' }]);
    world.expectBooksToBalance();
  });

  it('begins no node of a graph any more', async () => {
    const nodes = [step('one'), step('two', { dependsOn: ['one'] })];
    const { world, agent, run } = await begin(
      WorkflowDefinition.parse({ mode: 'dag', name: 'w', timeoutSeconds: 5, nodes }),
    );
    world.advance(5000);
    await world.complete(agent, world.memberId(0, 0)).catch(() => undefined);
    expect(world.members(0, 'two')).toEqual([]);
    await fallDue(world);
    expect(await world.run(run.runId)).toMatchObject(timedOut);
    expect(world.members(0, 'two')).toEqual([]);
  });

  it('waits for no person any longer', async () => {
    const { world, run } = await begin(sequential(step('ok', { type: undefined, approval: {} })));
    world.advance(5000);
    await fallDue(world, 'run-deadline');
    expect(await world.run(run.runId)).toMatchObject(timedOut);
    expect(world.members(0)).toMatchObject([{ kind: 'approval', status: 'CANCELLED' }]);
  });

  it('takes the runs inside of it along, which never have longer than it has', async () => {
    const world = createWorld();
    const inner = WorkflowDefinition.parse({ mode: 'sequential', name: 'inner', steps: [step('work')] });
    await putWorkflow(world.services, tenant, inner);
    const nested = { id: 'nested', run: { workflow: 'inner' } };
    const run = await world.start(sequential(nested));
    await world.enterStage(run, 0);
    await world.drainTasks();
    const childNow = () =>
      world.ports.table
        .items()
        .filter(({ sk, parentTask }) => sk === 'RUN' && parentTask !== undefined)
        .map((item) => Run.parse(item));
    const [child = run] = childNow();
    expect(child).toMatchObject({ workflow: 'inner', deadlineAt: run.deadlineAt });
    await world.enterStage(child, 0, 'inner-token');
    world.advance(5000);
    await fallDue(world, 'run-deadline');
    for (const item of world.ports.table.items().filter(({ outbox }) => outbox !== undefined))
      await relayItem(world.services, item);
    await world.drainTasks();
    expect(await world.run(run.runId)).toMatchObject({ status: 'TIMED_OUT' });
    expect(childNow()).toMatchObject([{ status: 'TIMED_OUT' }]);
    expect(world.tasks().filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
  });
});

describe('the timer of a run', () => {
  it('is not set for one that has longer than a message may wait', async () => {
    const { world } = await begin({ ...sequential(step('one')), timeoutSeconds: 901 });
    expect(runTimers(world)).toEqual([]);
  });

  it('is set again when it fires early, and does nothing for a run that is over or gone', async () => {
    const { world, agent, run } = await begin(sequential(step('one')));
    world.advance(3000);
    await fallDue(world, 'run-deadline');
    expect(runTimers(world)).toMatchObject([{ delaySeconds: 2 }]);
    await world.complete(agent, world.memberId(0, 0));
    world.advance(2000);
    await fallDue(world);
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED' });
    world.ports.queues.timers.push({
      message: { kind: 'run-deadline', tenant, runId: Run.shape.runId.parse(`${run.runId.slice(0, -4)}0000`) },
      delaySeconds: 1,
    });
    await fallDue(world);
  });
});
