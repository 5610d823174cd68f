import { describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import type { TaskId } from '#core/contract/ids.ts';
import { acceptTask } from '#core/tasks/note-progress.ts';
import { handleTimer } from '#core/timers/handle-timer.ts';
import { createWorld, tenant } from '../world.ts';

describe('reconnect-grace', () => {
  it('gives the work of an agent that is not back to another', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    const b = await world.agent('b');
    await handleDisconnect(world.services, a.connectionId);
    expect((await world.task(taskId)).agentId).toBe(a.agentId);
    await world.fireTimers();
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    expect(await world.slots(a)).toMatchObject({ freeSlots: 5, assigned: {} });
    world.expectBooksToBalance();
  });

  it('leaves an agent that is back its work, also when it left once more since (fault 5)', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    await world.agent('b');
    await handleDisconnect(world.services, a.connectionId);
    const [first] = world.ports.queues.timers.splice(0);
    await world.connect('c2');
    await world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    if (first !== undefined) await handleTimer(world.services, first.message);
    expect(await world.task(taskId)).toMatchObject({ attempt: 1, agentId: a.agentId });
    await handleDisconnect(world.services, 'c2');
    if (first !== undefined) await handleTimer(world.services, first.message);
    expect(await world.task(taskId)).toMatchObject({ attempt: 1, agentId: a.agentId });
  });

  it('does nothing the second time', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    await handleDisconnect(world.services, a.connectionId);
    const [timer] = world.ports.queues.timers.splice(0);
    for (let times = 0; times < 2; times++) if (timer !== undefined) await handleTimer(world.services, timer.message);
    expect(await world.task(taskId)).toMatchObject({ status: 'QUEUED', attempt: 1 });
    expect(await world.slots(a)).toMatchObject({ freeSlots: 5 });
  });

  it('ends a task whose attempts are used up by agents that died', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: { maxAttempts: 1 } });
    await handleDisconnect(world.services, a.connectionId);
    await world.fireTimers();
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', error: { code: 'AGENT_LOST' } });
    world.expectBooksToBalance();
  });
});

describe('ack', () => {
  it('gives a task that was not accepted in time to another; the first is told and keeps the slot until it lets go', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ ackTimeoutMs: 5000 });
    expect(world.ports.queues.timers).toMatchObject([{ message: { kind: 'ack', attempt: 1 }, delaySeconds: 5 }]);
    const b = await world.agent('b');
    await world.fireTimers('ack');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    expect(world.frames(a.connectionId, 'task.cancel')).toHaveLength(1);
    expect((await world.slots(a)).freeSlots).toBe(4);
    expect(world.ports.queues.timers).toMatchObject([{ message: { kind: 'ack', attempt: 2 } }]);
  });

  it('leaves a task that was accepted, has ended, or is in a later attempt', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const accepted = await world.submit({ ackTimeoutMs: 5000 });
    await acceptTask(world.services, a, { taskId: accepted.taskId, attempt: 1 });
    const ended = await world.submit({ ackTimeoutMs: 5000 });
    await world.complete(a, ended.taskId);
    const later = await world.submit({ ackTimeoutMs: 5000, retry: { backoffMs: 0 } });
    await world.fail(a, later.taskId);
    world.ports.queues.timers.splice(3);
    const before = world.tasks();
    expect(await world.fireTimers('ack')).toBe(3);
    expect(world.tasks()).toEqual(before);
  });
});

describe('deadline', () => {
  it('ends a queued task and an assigned one; the agent is told to stop', async () => {
    const world = createWorld();
    const queued = await world.submit({ timeoutSeconds: 30 });
    const a = await world.agent('a', { capabilities: ['x'], maxConcurrency: 1 });
    const assigned = await world.submit({ timeoutSeconds: 30, requirements: { capabilities: ['x'] } });
    expect((await world.task(queued.taskId)).status).toBe('ASSIGNED');
    expect(assigned.status).toBe('QUEUED');
    world.advance(30_000);
    await world.fireTimers('deadline');
    for (const { taskId } of [queued, assigned])
      expect(await world.task(taskId)).toMatchObject({
        status: 'TIMED_OUT',
        error: { code: 'DEADLINE', retryable: false },
      });
    expect(world.frames(a.connectionId, 'task.cancel')).toHaveLength(1);
    const toldOf = async (taskId: TaskId) => (await world.task(taskId)).error?.message;
    expect(await toldOf(queued.taskId)).toBe('The task did not end within 30 s.');
    expect(await toldOf(assigned.taskId)).toBe('The task did not end within 30 s: no agent ever had it.');
  });

  it('is set again when it fires early by this clock, and then ends the task', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ timeoutSeconds: 30 });
    world.advance(20_000);
    await world.fireTimers('deadline');
    expect((await world.task(taskId)).status).toBe('QUEUED');
    expect(world.ports.queues.timers).toMatchObject([{ delaySeconds: 10 }]);
    world.advance(10_000);
    await world.fireTimers('deadline');
    expect((await world.task(taskId)).status).toBe('TIMED_OUT');
  });

  it('does nothing to a task that has ended or is not there', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ timeoutSeconds: 30 });
    await world.complete(a, taskId);
    world.advance(30_000);
    await world.fireTimers('deadline');
    expect((await world.task(taskId)).status).toBe('SUCCEEDED');
    world.ports.table.load([]);
    await expect(handleTimer(world.services, { kind: 'deadline', tenant, taskId })).resolves.toBeUndefined();
    expect(world.ports.table.items()).toEqual([]);
  });
});

describe('due', () => {
  it('places a task whose backoff is over once, however often it fires', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: { backoffMs: 60_000 } });
    await world.fail(a, taskId);
    const [timer] = world.ports.queues.timers.splice(0);
    world.advance(60_000);
    for (let times = 0; times < 3; times++) if (timer !== undefined) await handleTimer(world.services, timer.message);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2 });
    expect(world.frames(a.connectionId, 'task.assigned')).toHaveLength(2);
    world.expectBooksToBalance();
  });
});
