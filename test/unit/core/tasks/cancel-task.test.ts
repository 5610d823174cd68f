import { describe, expect, it } from 'vitest';
import { heartbeat, released } from '#core/agents/heartbeat.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { acceptTask, progressTask } from '#core/tasks/note-progress.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { createWorld, owner, stranger, tenant } from '../world.ts';

describe('cancelTask', () => {
  it('ends a queued task, which nobody gets any more', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    expect(await cancelTask(world.services, owner, taskId, 'not needed')).toMatchObject({
      status: 'CANCELLED',
      error: { code: 'CANCELLED', message: 'not needed' },
    });
    const agent = await world.agent('a');
    expect(world.frames(agent.connectionId, 'task.assigned')).toEqual([]);
    expect(world.frames('client', 'task.completed')[0]?.payload).toMatchObject({ status: 'CANCELLED' });
  });

  it('tells the agent of an assigned task to stop; the slot is free when the agent lets go', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 1 });
    const { taskId } = await world.submit();
    await cancelTask(world.services, owner, taskId, 'no');
    expect(world.frames(agent.connectionId, 'task.cancel')[0]?.payload).toEqual({ taskId, attempt: 1, reason: 'no' });
    expect((await world.slots(agent)).freeSlots).toBe(0);
    const next = await world.submit();
    expect(next.status).toBe('QUEUED');
    await released(world.services, agent, { taskId, attempt: 1 });
    expect((await world.task(next.taskId)).status).toBe('ASSIGNED');
    world.expectBooksToBalance();
  });

  it('frees the slot at the next heartbeat that does not list the task', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await cancelTask(world.services, owner, taskId, 'no');
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [{ taskId, attempt: 1 }] });
    expect((await world.slots(agent)).freeSlots).toBe(4);
    expect(world.frames(agent.connectionId, 'lease.lost')).toHaveLength(1);
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    expect((await world.slots(agent)).freeSlots).toBe(5);
  });

  it('takes a second cancel, and refuses to cancel what ended otherwise', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const one = await world.submit();
    await cancelTask(world.services, owner, one.taskId, 'first');
    expect(await cancelTask(world.services, owner, one.taskId, 'second')).toMatchObject({
      error: { message: 'first' },
    });
    expect(world.frames(agent.connectionId, 'task.cancel')).toHaveLength(1);
    const two = await world.submit();
    await world.complete(agent, two.taskId);
    await expect(cancelTask(world.services, owner, two.taskId, 'no')).rejects.toMatchObject({
      code: 'ALREADY_TERMINAL',
    });
  });

  it("does not know another tenant's task", async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    await expect(cancelTask(world.services, stranger, taskId, 'no')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await world.task(taskId)).status).toBe('QUEUED');
  });

  it('refuses the result of a cancelled task and keeps it aside', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await cancelTask(world.services, owner, taskId, 'no');
    await expect(world.complete(agent, taskId, 'late', 1)).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect(await readTaskView(world.services, tenant, taskId)).toMatchObject({
      status: 'CANCELLED',
      lateResults: [{ attempt: 1 }],
    });
  });
});

describe('progressTask', () => {
  it('shows what the agent said, and RUNNING from its first word on', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    expect((await readTaskView(world.services, tenant, taskId)).status).toBe('ASSIGNED');
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 40, message: 'reading' });
    expect(await readTaskView(world.services, tenant, taskId)).toMatchObject({
      status: 'RUNNING',
      progress: { percent: 40, message: 'reading' },
      startedAt: world.ports.clock.now(),
    });
  });

  it('keeps the last progress when only a chunk comes, and does not store the chunk', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 40 });
    await progressTask(world.services, agent, { taskId, attempt: 1, chunk: 'secret words' });
    expect((await world.task(taskId)).progress).toEqual({ percent: 40 });
    expect(JSON.stringify(world.ports.table.items())).not.toContain('secret words');
  });

  it('is refused from anybody but the holder', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await expect(progressTask(world.services, agent, { taskId, attempt: 2 })).rejects.toMatchObject({
      code: 'STALE_ATTEMPT',
    });
    await world.complete(agent, taskId);
    await expect(progressTask(world.services, agent, { taskId, attempt: 1 })).rejects.toMatchObject({
      code: 'STALE_ATTEMPT',
    });
  });
});

describe('acceptTask', () => {
  it('notes the acceptance once, however often it comes', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({ ackTimeoutMs: 5000 });
    const at = world.ports.clock.now();
    await acceptTask(world.services, agent, { taskId, attempt: 1 });
    world.advance(1000);
    await acceptTask(world.services, agent, { taskId, attempt: 1 });
    expect(await world.task(taskId)).toMatchObject({ acceptedAt: at, startedAt: at });
  });
});
