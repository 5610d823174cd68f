import { describe, expect, it } from 'vitest';
import { TaskId } from '#core/contract/ids.ts';
import { listDeadLetters, redrive } from '#core/dead-letters/dead-letters.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { acceptLateResult } from '#core/tasks/accept-late-result.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { createWorld, owner, stranger, tenant } from '../world.ts';

const once = { retry: { maxAttempts: 1 } };
const page = { limit: 50 };

describe('runAt', () => {
  it('holds a task until its time, by timer', async () => {
    const world = createWorld();
    await world.agent('a');
    const { taskId, status } = await world.submit({ runAt: world.ports.clock.now() + 20_000 });
    expect(status).toBe('PENDING');
    world.advance(20_000);
    await world.fireTimers('due');
    expect((await world.task(taskId)).status).toBe('ASSIGNED');
  });

  it('holds a task until its time, by the sweep when the timer is lost or too far ahead', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ runAt: world.ports.clock.now() + 3_600_000 });
    world.advance(3_600_000);
    await world.agent('a');
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('ASSIGNED');
  });

  it('counts the time-out from the start', async () => {
    const world = createWorld();
    const start = world.ports.clock.now() + 60_000;
    const { deadlineAt } = await world.submit({ runAt: start, timeoutSeconds: 10 });
    expect(deadlineAt).toBe(start + 10_000);
  });

  it('refuses a start more than seven days ahead', async () => {
    const world = createWorld();
    await expect(world.submit({ runAt: world.ports.clock.now() + 8 * 86_400_000 })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      field: 'runAt',
    });
    expect(world.tasks()).toEqual([]);
  });
});

describe('retryTask', () => {
  it('makes a new task of one that ended, each naming the other', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const first = await world.submit({ ...once, input: { question: 42 }, priority: 'high' });
    await world.fail(agent, first.taskId);
    const again = await retryTask(world.services, { principal: owner, taskId: first.taskId, idempotencyKey: 'k' });
    expect(again).toMatchObject({
      retryOf: first.taskId,
      input: { question: 42 },
      priority: 'high',
      attempt: 1,
      status: 'ASSIGNED',
    });
    expect(await world.task(first.taskId)).toMatchObject({ status: 'FAILED', retriedAs: again.taskId });
  });

  it('is the same new task for the same key', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const first = await world.submit(once);
    await world.fail(agent, first.taskId);
    const request = { principal: owner, taskId: first.taskId, idempotencyKey: 'k' };
    const [one, two] = [await retryTask(world.services, request), await retryTask(world.services, request)];
    expect(two.taskId).toBe(one.taskId);
    expect(world.tasks()).toHaveLength(2);
  });

  it('refuses a task that has not ended, is unknown, or is another tenant’s', async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    await expect(retryTask(world.services, { principal: owner, taskId, idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(retryTask(world.services, { principal: stranger, taskId, idempotencyKey: 'k' })).rejects.toMatchObject(
      { code: 'NOT_FOUND' },
    );
  });
});

describe('dead letters', () => {
  it('lists what failed or timed out with its reason, and not what succeeded or was cancelled', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const failed = await world.submit(once);
    await world.fail(agent, failed.taskId, { code: 'BAD_PROMPT' });
    await world.complete(agent, (await world.submit()).taskId);
    const { items } = await listDeadLetters(world.services, tenant, page);
    expect(items).toMatchObject([{ taskId: failed.taskId, error: { code: 'BAD_PROMPT' } }]);
    expect((await listDeadLetters(world.services, tenant, { ...page, code: 'OTHER' })).items).toEqual([]);
  });

  it('redrives oldest first, staggered and capped, and takes what it redrove off the list', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const failed: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const { taskId } = await world.submit(once);
      await world.fail(agent, taskId);
      failed.push(taskId);
      world.advance(1000);
    }
    const done = await redrive(world.services, owner, { limit: 2, staggerMs: 5000, idempotencyKey: 'k' });
    expect(done.redriven.map(({ taskId }) => taskId)).toEqual(failed.slice(0, 2));
    expect(done).toMatchObject({ hasMore: true, refused: [] });
    expect((await listDeadLetters(world.services, tenant, page)).items.map(({ taskId }) => taskId)).toEqual(
      failed.slice(2),
    );
    const [first, second] = await Promise.all(
      done.redriven.map(({ retriedAs }) => world.task(TaskId.parse(retriedAs))),
    );
    expect(first).toMatchObject({ status: 'ASSIGNED' });
    expect(second).toMatchObject({ status: 'PENDING', runAt: world.ports.clock.now() + 5000 });
  });
});

describe('acceptLateResult', () => {
  it('takes a result that was kept aside, and stops whoever works on the task now', async () => {
    const world = createWorld();
    const zombie = await world.agent('a', { priority: 100 });
    const { taskId } = await world.submit({ retry: { backoffMs: 0 } });
    const heir = await world.agent('b');
    await world.fail(zombie, taskId);
    expect(await world.task(taskId)).toMatchObject({ agentId: heir.agentId, attempt: 2 });
    await expect(world.complete(zombie, taskId, 'late but good', 1)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    const ended = await acceptLateResult(world.services, owner, { taskId, attempt: 1 });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: 'late but good' });
    expect(world.frames(heir.connectionId, 'task.cancel')).toHaveLength(1);
    await expect(acceptLateResult(world.services, owner, { taskId, attempt: 1 })).rejects.toMatchObject({
      code: 'ALREADY_TERMINAL',
    });
  });

  it('knows only results that came', async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    await expect(acceptLateResult(world.services, owner, { taskId, attempt: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
