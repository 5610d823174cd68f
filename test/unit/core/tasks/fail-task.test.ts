import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAgentView } from '#core/agents/agent-view.ts';
import { RetryPolicy } from '#core/contract/task.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { failTask, rejectTask } from '#core/tasks/fail-task.ts';
import { backoffMs } from '#core/tasks/give-back-task.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { createWorld, tenant } from '../world.ts';

const noWait = { backoffMs: 0 };

describe('backoffMs', () => {
  it('never passes its double for each attempt, nor the limit', () => {
    fc.assert(
      fc.property(
        fc.nat(60_000),
        fc.nat(60_000),
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (base, most, attempt, fraction) => {
          const wait = backoffMs(RetryPolicy.parse({ backoffMs: base, maxBackoffMs: most }), attempt, fraction);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(Math.min(most, base * 2 ** (attempt - 1)));
        },
      ),
    );
  });

  it('doubles with each attempt', () => {
    const retry = RetryPolicy.parse({ backoffMs: 100, maxBackoffMs: 1000 });
    expect([1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(retry, attempt, 1))).toEqual([100, 200, 400, 800, 1000, 1000]);
  });
});

describe('failTask', () => {
  it('waits for the backoff and then gives the task to another agent, with the next attempt', async () => {
    const world = createWorld();
    const a = await world.agent('a', { priority: 100 });
    const { taskId } = await world.submit({ retry: { backoffMs: 10_000 } });
    const b = await world.agent('b');
    await world.fail(a, taskId);
    const waiting = await world.task(taskId);
    expect(waiting).toMatchObject({ status: 'PENDING', attempt: 1, error: { code: 'BROKEN' } });
    expect(waiting.runAt).toBeLessThanOrEqual(world.ports.clock.now() + 10_000);
    expect((await world.slots(a)).freeSlots).toBe(5);
    world.advance(10_000);
    await world.fireTimers('due');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    expect((await world.task(taskId)).error).toBeUndefined();
    world.expectBooksToBalance();
  });

  it("refuses another tenant's payload as work state", async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: noWait });
    const workState = { $payload: { ref: 'rival/x', bytes: 1, sha256: '0'.repeat(64) } };
    const failed = failTask(world.services, a, {
      taskId,
      attempt: 1,
      error: { code: 'X', message: 'x', retryable: true },
      workState,
    });
    await expect(failed).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'workState.$payload.ref' });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1 });
  });

  it('retries by the sweep when the timer was lost', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: { backoffMs: 10_000 } });
    await world.fail(a, taskId);
    world.advance(10_000);
    await sweep(world.services);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2 });
  });

  it('gives the task back to the agent that failed it only when there is nobody else', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: noWait });
    await world.fail(a, taskId);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: a.agentId });
  });

  it('ends the task after its last attempt, with the last error', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: { ...noWait, maxAttempts: 2 } }, { connectionId: 'client' });
    await world.fail(a, taskId, { code: 'FIRST' });
    await world.fail(a, taskId, { code: 'SECOND' });
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', attempt: 2, error: { code: 'SECOND' } });
    expect(world.frames('client', 'task.completed')).toHaveLength(1);
    world.expectBooksToBalance();
  });

  it.each([
    ['an error that the agent calls final', { retryable: false }, {}],
    ['a code that the policy never retries', { code: 'BAD_INPUT' }, { nonRetryableCodes: ['BAD_INPUT'] }],
  ])('ends the task at once for %s', async (_what, error, retry) => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: { ...noWait, ...retry } });
    await world.fail(a, taskId, error);
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', attempt: 1 });
  });

  it('takes the failure that ended the task again', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({});
    await world.fail(a, taskId, { retryable: false });
    await expect(world.fail(a, taskId, { retryable: false })).resolves.toBeUndefined();
    expect((await world.slots(a)).freeSlots).toBe(5);
  });

  it('refuses a failure of the attempt that succeeded, and takes the result again', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.complete(agent, taskId, 'done');
    const ended = await world.task(taskId);
    await expect(world.fail(agent, taskId)).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    await world.complete(agent, taskId, 'done');
    expect(await world.task(taskId)).toEqual(ended);
    expect((await readTaskView(world.services, tenant, taskId)).lateResults).toBeUndefined();
  });

  it('keeps a result aside that comes after the failure that ended the task', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.fail(agent, taskId, { retryable: false });
    await expect(world.complete(agent, taskId, 'after all')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect((await readTaskView(world.services, tenant, taskId)).lateResults).toMatchObject([{ attempt: 1 }]);
  });

  it('acknowledges the same failure again, and does not count it', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({ retry: noWait });
    await world.fail(a, taskId);
    await world.fail(a, taskId, { attempt: 1 });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2 });
    expect((await readAgentView(world.services, a.tenant, a.agentId)).performance).toMatchObject({
      work: { count: 1 },
    });
  });

  it('counts successes and failures of the agent', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const one = await world.submit();
    const two = await world.submit();
    world.advance(1000);
    await world.complete(a, one.taskId);
    await world.fail(a, two.taskId, { retryable: false });
    expect((await readAgentView(world.services, a.tenant, a.agentId)).performance).toMatchObject({
      work: { count: 2, successRate: 0.5, averageMs: 1000 },
    });
  });

  it('refuses a failure of an attempt that was never the agent’s', async () => {
    const world = createWorld();
    const a = await world.agent('a', { priority: 100 });
    const { taskId } = await world.submit({ retry: noWait });
    const b = await world.agent('b');
    await world.fail(a, taskId);
    await expect(world.fail(b, taskId, { attempt: 1 })).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
  });

  it('does not know a task that is not there', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit({}, { key: 'gone' });
    world.ports.table.load([]);
    const error = { code: 'X', message: 'x', retryable: true };
    await expect(failTask(world.services, a, { taskId, attempt: 1, error })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('rejectTask', () => {
  it('sends the task elsewhere at once', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    const b = await world.agent('b');
    await rejectTask(world.services, a, { taskId, attempt: 1, reason: 'busy' });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    expect((await world.slots(a)).freeSlots).toBe(5);
  });

  it('does not hand the task back to the agent that declined it while others exist', async () => {
    const world = createWorld();
    const first = await world.submit();
    const a = await world.agent('a', { maxConcurrency: 1 });
    const b = await world.agent('b', { maxConcurrency: 1 });
    const filler = await world.submit();
    await rejectTask(world.services, a, { taskId: first.taskId, attempt: 1 });
    expect((await world.task(first.taskId)).status).toBe('QUEUED');
    await world.complete(b, filler.taskId);
    expect((await world.task(first.taskId)).agentId).toBe(b.agentId);
    world.expectBooksToBalance();
  });

  it('is refused from anybody but the holder', async () => {
    const world = createWorld();
    await world.agent('a');
    const b = await world.agent('b', { maxConcurrency: 1 });
    const { taskId } = await world.submit({ requirements: { agentId: (await world.agent('c')).agentId } });
    await expect(rejectTask(world.services, b, { taskId, attempt: 1 })).rejects.toMatchObject({
      code: 'STALE_ATTEMPT',
    });
  });
});
