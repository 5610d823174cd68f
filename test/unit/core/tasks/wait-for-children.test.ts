import { describe, expect, it } from 'vitest';
import type { TaskId } from '#core/contract/ids.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { waitForChildren } from '#core/tasks/wait-for-children.ts';
import { createWorld, owner, type TestAgent, tenant } from '../world.ts';

type World = ReturnType<typeof createWorld>;

const submitChild = async (world: World, parentTask: TaskId, key: string): Promise<TaskId> => {
  const submission = TaskSubmission.parse({ type: 'child' });
  return (await submitTask(world.services, { principal: owner, submission, idempotencyKey: key, parentTask })).taskId;
};

const wait = async (world: World, by: TestAgent, taskId: TaskId, children: TaskId[]): Promise<void> =>
  waitForChildren(world.services, by, {
    taskId,
    attempt: (await world.task(taskId)).attempt,
    children,
    workState: { step: 2 },
  });

describe('waitForChildren', () => {
  it('lets four parents and their four children finish on four slots', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 4 });
    const parents = await Promise.all(Array.from({ length: 4 }, () => world.submit()));
    const children: TaskId[] = [];
    for (const [index, { taskId }] of parents.entries())
      children.push(await submitChild(world, taskId, `child-${index}`));
    expect((await world.task(children[0] ?? 'none')).status).toBe('QUEUED');
    for (const [index, { taskId }] of parents.entries())
      await wait(world, agent, taskId, children.slice(index, index + 1));
    for (const child of children) await world.complete(agent, child, `of ${child}`);
    for (const { taskId } of parents) {
      expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, workState: { step: 2 } });
      await world.complete(agent, taskId);
    }
    expect(world.tasks().map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'SUCCEEDED'));
    world.expectBooksToBalance();
  });

  it('hands the parent what its children came to', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    const [good, bad] = [await submitChild(world, taskId, 'good'), await submitChild(world, taskId, 'bad')];
    await wait(world, agent, taskId, [good, bad]);
    await world.complete(agent, good, 'fine');
    expect((await world.task(taskId)).status).toBe('PENDING');
    await world.fail(agent, bad, { retryable: false });
    const frame = world.frames(agent.connectionId, 'task.assigned').at(-1);
    expect(frame?.payload).toMatchObject({
      attempt: 2,
      task: {
        workState: { step: 2 },
        children: [
          { taskId: good, status: 'SUCCEEDED', output: 'fine' },
          { taskId: bad, status: 'FAILED', error: { code: 'BROKEN' } },
        ],
      },
    });
  });

  it('goes on at once when the children have ended already', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    const child = await submitChild(world, taskId, 'child');
    await world.complete(agent, child);
    await wait(world, agent, taskId, [child]);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2 });
  });

  it('does not count waiting as a failed attempt', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({ retry: { maxAttempts: 2, backoffMs: 0 } });
    const child = await submitChild(world, taskId, 'child');
    await world.complete(agent, child);
    await wait(world, agent, taskId, [child]);
    await world.fail(agent, taskId);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 3 });
    await world.fail(agent, taskId);
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED' });
  });

  it('says in explain what a waiting task waits for, and ends it at its deadline', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({ timeoutSeconds: 100 });
    const child = await submitChild(world, taskId, 'child');
    await wait(world, agent, taskId, [child]);
    expect((await explainTask(world.services, tenant, taskId)).wouldUnblock).toEqual([
      `The end of its children: ${child}.`,
    ]);
    world.advance(120_000);
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('TIMED_OUT');
  });

  it('refuses to wait for what is not a child of the task, and changes nothing', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const [one, two] = [await world.submit(), await world.submit()];
    await expect(wait(world, agent, one.taskId, [two.taskId])).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      field: 'children',
    });
    expect(await world.task(one.taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1 });
  });

  it('refuses an agent that is not the holder, and a result of the attempt that waits', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { priority: 100 });
    const { taskId } = await world.submit();
    const other = await world.agent('b');
    const child = await submitChild(world, taskId, 'child');
    await expect(wait(world, other, taskId, [child])).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    await wait(world, agent, taskId, [child]);
    await expect(world.complete(agent, taskId, 'too early', 1)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect((await world.task(taskId)).status).toBe('PENDING');
  });

  it('refuses to wait with a task that has ended', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    const child = await submitChild(world, taskId, 'child');
    await world.complete(agent, taskId);
    await expect(wait(world, agent, taskId, [child])).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
  });
});
