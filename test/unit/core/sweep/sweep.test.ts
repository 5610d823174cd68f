import { describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { claimAgent } from '#core/assignment/claim-agent.ts';
import { placeNewTask } from '#core/assignment/place-task.ts';
import { RunId, TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { failTask } from '#core/tasks/fail-task.ts';
import { newTask, submittedTaskId } from '#core/tasks/new-task.ts';
import { readTask } from '#core/tasks/task.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

const minute = 60_000;
const freshTask = async (world: World, key = 'slow') =>
  newTask(world.services, {
    tenant,
    taskId: submittedTaskId(tenant, owner.id, key),
    submission: TaskSubmission.parse({ type: 'work' }),
    submitter: { principal: owner.id },
  });
const beat = async (world: World, agent: TestAgent, tasks: { taskId: string; attempt: number }[] = []) =>
  heartbeat(world.services, agent, agent.connectionId, { tasks });
const once = { mode: 'parallel' as const, name: 'p', tasks: [{ id: 'x', type: 'work' }] };

describe('sweep', () => {
  it('has nothing to mend where all is well, and writes nothing but how far it got and what it counted', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 1 });
    const { taskId } = await world.submit();
    await world.submit();
    world.advance(30_000);
    await beat(world, agent, [{ taskId, attempt: 1 }]);
    const others = () => world.ports.table.items().filter(({ pk, sk }) => pk !== 'SWEEP' && sk !== 'USAGE');
    const before = others();
    expect(await sweep(world.services)).toMatchObject({ agents: 1, repairs: 0, failures: 0 });
    expect(others()).toEqual(before);
  });

  it('makes up for an outage of hours', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ timeoutSeconds: 600 });
    await sweep(world.services);
    world.advance(5 * 60 * minute);
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('TIMED_OUT');
  });

  it('gives the work of a silent agent to another', async () => {
    const world = createWorld();
    const silent = await world.agent('silent');
    const { taskId } = await world.submit();
    world.advance(minute + 1);
    const b = await world.agent('b');
    expect(await sweep(world.services)).toMatchObject({ repairs: 1, failures: 0 });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    expect(await world.slots(silent)).toMatchObject({ freeSlots: 5, assigned: {} });
    world.expectBooksToBalance();
  });

  it('gives the work of a disconnected agent to another when its grace timer was lost', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    await handleDisconnect(world.services, a.connectionId);
    world.advance(9_999);
    await sweep(world.services);
    expect((await world.task(taskId)).agentId).toBe(a.agentId);
    world.advance(1);
    const b = await world.agent('b');
    await sweep(world.services);
    expect((await world.task(taskId)).agentId).toBe(b.agentId);
  });

  it('no longer looks at an agent that is gone and holds nothing, until it is back', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    await handleDisconnect(world.services, a.connectionId);
    expect((await sweep(world.services)).agents).toBe(1);
    expect((await sweep(world.services)).agents).toBe(0);
    await world.connect('c2');
    await world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    expect((await sweep(world.services)).agents).toBe(1);
  });

  it('ends queued and assigned tasks whose deadline passed, within a minute of it', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 1 });
    const [assigned, queued] = [
      await world.submit({ timeoutSeconds: 100 }),
      await world.submit({ timeoutSeconds: 100 }),
    ];
    world.advance(50_000);
    await beat(world, agent, [{ taskId: assigned.taskId, attempt: 1 }]);
    world.advance(50_000);
    await sweep(world.services);
    for (const { taskId } of [assigned, queued]) expect((await world.task(taskId)).status).toBe('TIMED_OUT');
    expect(world.frames(agent.connectionId, 'task.cancel')).toHaveLength(1);
  });

  it('makes up for a sweep that was missed', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ timeoutSeconds: 60 });
    world.advance(14 * minute);
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('TIMED_OUT');
  });

  it('ends a waiting task at its deadline even when its backoff is longer', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({
      timeoutSeconds: 120,
      retry: { backoffMs: 900_000, maxBackoffMs: 900_000 },
    });
    const services = { ...world.services, random: { ...world.services.random, fraction: () => 0.9 } };
    await failTask(services, a, { taskId, attempt: 1, error: { code: 'X', message: 'x', retryable: true } });
    world.advance(2 * minute);
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('TIMED_OUT');
  });

  it('frees a slot that the agent never let go, after a minute', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    await cancelTask(world.services, owner, taskId, 'no');
    for (const [waited, free] of [
      [30_000, 4],
      [30_000, 5],
    ] as const) {
      world.advance(waited);
      await beat(world, a, [{ taskId, attempt: 1 }]);
      await sweep(world.services);
      expect((await world.slots(a)).freeSlots).toBe(free);
    }
  });

  it('frees an orphaned claim only after a minute, and only behind a fence: the slow dispatcher then loses', async () => {
    const world = createWorld();
    const a = await world.agent('a', { maxConcurrency: 1 });
    const task = await freshTask(world);
    // The dispatcher claims and is held up before its second write.
    world.hooks.before = async (operation) => {
      if (operation.name !== 'put' || operation.key.sk !== 'TASK') return;
      delete world.hooks.before;
      world.advance(59_999);
      await beat(world, a);
      await sweep(world.services);
      expect((await world.slots(a)).freeSlots).toBe(0);
      world.advance(1);
      expect(await sweep(world.services)).toMatchObject({ repairs: 1, failures: 0 });
      expect((await world.slots(a)).freeSlots).toBe(1);
    };
    expect(await placeNewTask(world.services, task)).toMatchObject({ kind: 'elsewhere', found: undefined, voidRev: 1 });
    expect(world.tasks()).toEqual([]);
    expect(world.frames(a.connectionId, 'task.assigned')).toEqual([]);
    world.expectBooksToBalance();
    // Whoever submits it again steps over the mark.
    const again = await world.submit({}, { key: 'slow' });
    expect(again).toMatchObject({ taskId: task.taskId, status: 'ASSIGNED', attempt: 1 });
    world.expectBooksToBalance();
  });

  it('frees an orphaned claim of a queued task behind a fence, and gives the task out again', async () => {
    const world = createWorld();
    const a = await world.agent('a', { maxConcurrency: 1 });
    const second = await world.submit({ requirements: { capabilities: ['x'] } });
    const stored = await world.task(second.taskId);
    // A dispatcher read the task, claimed for it, and died.
    const claimed = await claimAgent(world.services, { ...stored, requirements: { capabilities: [] } });
    expect(claimed.kind).toBe('claimed');
    world.advance(minute);
    await beat(world, a);
    expect(await sweep(world.services)).toMatchObject({ repairs: 1 });
    expect((await world.task(second.taskId)).rev).toBe(stored.rev + 1);
    expect((await world.slots(a)).freeSlots).toBe(1);
  });

  it('leaves a claim whose task is assigned under it, however old', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ timeoutSeconds: 3600 });
    for (let minutes = 0; minutes < 5; minutes++) {
      world.advance(minute / 2);
      await beat(world, a, [{ taskId, attempt: 1 }]);
      expect((await sweep(world.services)).repairs).toBe(0);
    }
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1 });
  });

  it('mends the rest when one item is broken', async () => {
    const world = createWorld();
    await world.ports.table.put({
      key: keys.slots(tenant, 'broken'),
      item: { sweepKey: 'LIVE#0', sweepSort: 'acme#A', nonsense: true },
      clauses: {},
    });
    const { taskId } = await world.submit({ timeoutSeconds: 60 });
    await world.agent('a');
    const silentHolds = await world.submit();
    world.advance(minute + 1);
    expect(await sweep(world.services)).toMatchObject({ failures: 1 });
    expect((await world.task(silentHolds.taskId)).status).toBe('QUEUED');
    expect(['TIMED_OUT', 'QUEUED']).toContain((await world.task(taskId)).status);
    expect(world.ports.log.lines.some(({ message }) => message.includes('could not mend'))).toBe(true);
  });

  it('ends a removal that died after the profile was deleted, and that nobody repeats', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    world.hooks.after = ({ name }) => {
      if (name !== 'remove' || world.ports.table.items().some(({ sk }) => sk === 'PROFILE')) return;
      throw new Error('killed');
    };
    await expect(removeAgent(world.services, owner, a.agentId)).rejects.toThrow('killed');
    delete world.hooks.after;
    expect(await world.slots(a)).toMatchObject({ connection: a.connectionId, status: 'active' });
    expect(await sweep(world.services)).toMatchObject({ repairs: 1, failures: 0 });
    expect(world.ports.sockets.closed).toEqual([a.connectionId]);
    expect(world.frames(a.connectionId, 'agent.replaced')).toHaveLength(1);
    expect(await world.slots(a)).toMatchObject({ status: 'inactive' });
    expect((await world.slots(a))['expiresAtEpochSeconds']).toBeDefined();
  });

  it('changes nothing more when it runs twice at once', async () => {
    const world = createWorld();
    await world.agent('silent');
    const { taskId } = await world.submit();
    world.advance(minute + 1);
    await world.agent('b');
    await Promise.all([sweep(world.services), sweep(world.environment())]);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2 });
    world.expectBooksToBalance();
  });
});

describe('sweep of runs', () => {
  it('starts a run that a crash left STARTING', async () => {
    const world = createWorld();
    const start = async () => Promise.reject(new Error('killed'));
    const broken = { ...world.services, executions: { ...world.ports.executions, start } };
    await world.start(once, null, 'other');
    const request = { principal: owner, request: { workflow: 'p', input: null }, idempotencyKey: 'k' };
    await expect(startRun(broken, request)).rejects.toThrow('killed');
    expect(world.ports.executions.started.size).toBe(1);
    world.advance(minute);
    await sweep(world.services);
    expect(world.ports.executions.started.size).toBe(2);
    expect(world.ports.table.items().filter(({ sk, status }) => sk === 'RUN' && status === 'RUNNING')).toHaveLength(2);
  });

  it('finishes a cancel that a crash interrupted, with the first reason', async () => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start(once);
    await world.enterStage(run, 0);
    const stop = async () => Promise.reject(new Error('killed'));
    const broken = { ...world.services, executions: { ...world.ports.executions, stop } };
    await expect(cancelRun(broken, owner, run.runId, 'enough')).rejects.toThrow('killed');
    expect((await world.run(run.runId)).status).toBe('CANCELLING');
    world.advance(minute);
    await sweep(world.services);
    expect(await world.run(run.runId)).toMatchObject({ status: 'CANCELLED', error: { message: 'enough' } });
    expect(world.members(0)).toMatchObject([{ status: 'CANCELLED' }]);
  });

  it('ends a run that is not over in time, with its tasks', async () => {
    const world = createWorld();
    const run = await world.start({ ...once, timeoutSeconds: 120 });
    await world.enterStage(run, 0);
    world.advance(120_000);
    await sweep(world.services);
    expect(await world.run(run.runId)).toMatchObject({ status: 'TIMED_OUT', error: { code: 'DEADLINE' } });
    expect(world.members(0)).toMatchObject([{ status: 'TIMED_OUT' }]);
  });

  it('closes a run whose execution was aborted from outside, though no event told, in the next sweep', async () => {
    const world = createWorld();
    const run = await world.start(once);
    for (const execution of world.ports.executions.started.values()) execution.status = 'ABORTED';
    world.advance(minute);
    await sweep(world.services);
    expect((await world.run(RunId.parse(run.runId))).status).toBe('FAILED');
  });

  it('closes a stage whose run ended while it was created, by a function that then died', async () => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start(once);
    world.hooks.before = async (operation) => {
      if (operation.name !== 'put' || !operation.key.sk.startsWith('STAGE#')) return;
      delete world.hooks.before;
      await cancelRun(world.services, owner, run.runId, 'enough');
      world.hooks.after = ({ name }) => {
        delete world.hooks.after;
        throw new Error(`killed after ${name}`);
      };
    };
    await expect(world.enterStage(run, 0)).rejects.toThrow('killed after put');
    const stage = async () => world.ports.table.get(keys.stage(tenant, run.runId, 0));
    expect(await stage()).toMatchObject({ status: 'OPEN' });
    world.advance(minute);
    expect(await sweep(world.services)).toMatchObject({ failures: 0 });
    expect(await stage()).toMatchObject({ status: 'DECIDED' });
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ error: 'StepFailed' });
    expect((await sweep(world.services)).stages).toBe(0);
    expect(await world.run(run.runId)).toMatchObject({ status: 'CANCELLED', error: { message: 'enough' } });
  });

  it('answers a token that a crash left unanswered, and then loses sight of the stage', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(once);
    await world.enterStage(run, 0);
    const succeed = async () => Promise.reject(new Error('killed'));
    const services = { ...world.services, executions: { ...world.ports.executions, succeed } };
    const result = { taskId: world.memberId(0, 0), attempt: 1, output: 1 };
    await expect(completeTask(services, agent, result)).rejects.toThrow('killed');
    expect(world.ports.executions.answers.size).toBe(0);
    world.advance(minute);
    expect((await sweep(world.services)).stages).toBe(1);
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    expect((await sweep(world.services)).stages).toBe(0);
  });
});

describe('readTask', () => {
  it('tells a mark from a task and from nothing', () => {
    expect(readTask(undefined)).toEqual({ kind: 'none' });
    expect(readTask({ status: 'VOID', rev: 3, pk: 'x', sk: 'TASK' })).toEqual({ kind: 'void', rev: 3 });
    expect(() => readTask({ taskId: TaskId.parse(submittedTaskId('a', 'b', 'c')) })).toThrow(/invalid/i);
  });
});
