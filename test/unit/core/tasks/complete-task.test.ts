import { describe, expect, it } from 'vitest';
import { loseAgent } from '#core/agents/lose-agent.ts';
import { limits } from '#core/contract/limits.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { agentIdOf, createWorld, otherTenant, owner, tenant, type World } from '../world.ts';

/** A task that was with `a`, which was lost, and is with `b` now: attempt 2. */
const reassigned = async (world: World) => {
  const a = await world.agent('a');
  const { taskId } = await world.submit();
  const b = await world.agent('b');
  await loseAgent(world.services, await world.slots(a), 'silent');
  return { a, b, taskId };
};

describe('completeTask', () => {
  it('ends the task, frees the slot and tells the submitter', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    world.advance(1500);
    await completeTask(world.services, agent, { taskId, attempt: 1, output: { x: 1 }, usage: { costUsd: 0.5 } });
    expect(await world.task(taskId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { x: 1 },
      endedAt: world.ports.clock.now(),
    });
    expect(world.frames('client', 'task.completed')[0]?.payload).toMatchObject({
      taskId,
      status: 'SUCCEEDED',
      output: { x: 1 },
      usage: { costUsd: 0.5 },
    });
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 5, assigned: {} });
  });

  it('gives the agent the next queued task with the same slot', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 1 });
    const first = await world.submit();
    const second = await world.submit();
    await world.complete(agent, first.taskId);
    expect(await world.task(second.taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 0 });
    world.expectBooksToBalance();
  });

  it('takes the same result twice and frees one slot (fault 1)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    await world.complete(agent, taskId, 1);
    await world.complete(agent, taskId, 2);
    expect(await world.task(taskId)).toMatchObject({ output: 1 });
    expect(world.frames('client', 'task.completed')).toHaveLength(1);
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 5 });
  });

  it("keeps a zombie's result aside, visible, and lets the new holder finish (fault 7)", async () => {
    const world = createWorld();
    const { a, b, taskId } = await reassigned(world);
    await expect(world.complete(a, taskId, 'old', 1)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    await world.complete(b, taskId, 'new');
    expect(await readTaskView(world.services, tenant, taskId)).toMatchObject({
      status: 'SUCCEEDED',
      output: 'new',
      attempt: 2,
      lateResults: [{ attempt: 1, agentId: a.agentId }],
    });
    expect((await world.slots(a)).freeSlots).toBe(5);
    world.expectBooksToBalance();
  });

  it('keeps a late result aside also when the task has ended, once however often it comes', async () => {
    const world = createWorld();
    const { a, b, taskId } = await reassigned(world);
    await world.complete(b, taskId, 'new');
    for (let times = 0; times < 2; times++)
      await expect(world.complete(a, taskId, 'old', 1)).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect((await readTaskView(world.services, tenant, taskId)).lateResults).toHaveLength(1);
  });

  it('applies a late result while the task is queued again: nobody else has begun', async () => {
    const world = createWorld();
    const a = await world.agent('a');
    const { taskId } = await world.submit();
    await world.services.table.update({
      key: { pk: `acme#AGENT#${a.agentId}`, sk: 'SLOTS' },
      set: [],
      remove: [['connection']],
      clauses: {},
    });
    await loseAgent(world.services, await world.slots(a), 'disconnected');
    expect((await world.task(taskId)).status).toBe('QUEUED');
    await world.complete(a, taskId, 'late', 1);
    expect(await world.task(taskId)).toMatchObject({ status: 'SUCCEEDED', output: 'late', agentId: a.agentId });
    const b = await world.agent('b');
    expect(world.frames(b.connectionId, 'task.assigned')).toEqual([]);
    world.expectBooksToBalance();
  });

  it("refuses a stranger's result and keeps nothing of it (fault 26)", async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 1 });
    const stranger = { tenant, agentId: agentIdOf('stranger') };
    const { taskId } = await world.submit();
    const before = world.ports.table.items();
    for (const attempt of [1, 2])
      await expect(completeTask(world.services, stranger, { taskId, attempt, output: 'forged' })).rejects.toMatchObject(
        {
          code: 'STALE_ATTEMPT',
        },
      );
    expect(world.ports.table.items()).toEqual(before);
  });

  it('refuses an attempt that the holder does not have', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await expect(world.complete(agent, taskId, 1, 2)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect((await world.task(taskId)).status).toBe('ASSIGNED');
  });

  it("does not tell another tenant's task from none", async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    const elsewhere = { tenant: otherTenant, agentId: agent.agentId };
    await expect(completeTask(world.services, elsewhere, { taskId, attempt: 1, output: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `There is no task ${taskId}.`,
    });
  });

  it('puts a large output beside the task', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    await world.complete(agent, taskId, 'x'.repeat(limits.inlinePayloadBytes));
    expect(isClaimCheck((await world.task(taskId)).output)).toBe(true);
    expect(world.frames('client', 'task.completed')[0]?.payload['output']).toMatchObject({
      $payload: { url: expect.any(String) },
    });
  });

  it('lets a result that was sent just before a cancel lose to it, or win, never both (fault 20)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    await Promise.allSettled([world.complete(agent, taskId, 1, 1), cancelTask(world.services, owner, taskId, 'no')]);
    expect(world.frames('client', 'task.completed')).toHaveLength(1);
    expect(['SUCCEEDED', 'CANCELLED']).toContain((await world.task(taskId)).status);
    world.expectBooksToBalance();
  });
});
