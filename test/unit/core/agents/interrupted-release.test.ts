import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { finishByAgent } from '#core/tasks/task-writes.ts';
import { createWorld, owner } from '../world.ts';

/** A task that ended, by a function that died before it released the slot. */
const interrupted = async () => {
  const world = createWorld();
  const agent = await world.agent('a', { maxConcurrency: 1 });
  const { taskId } = await world.submit();
  const next = await world.submit();
  const end = {
    status: 'SUCCEEDED',
    fields: { agentId: agent.agentId },
    nowMs: world.ports.clock.now(),
    expiresAtEpochSeconds: 2_000_000_000,
  } as const;
  await world.ports.table.update(
    finishByAgent({ tenant: agent.tenant, taskId }, { agentId: agent.agentId, attempt: 1 }, end),
  );
  return { world, agent, next };
};

describe('a slot whose task has ended', () => {
  it('is free again when the agent comes back, and goes to the next task', async () => {
    const { world, agent, next } = await interrupted();
    await world.connect('socket-again');
    await world.register({ registration: { name: 'a', maxConcurrency: 1 }, connectionId: 'socket-again' });
    expect(await world.task(next.taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
    world.expectBooksToBalance();
  });

  it('is free again by the sweep, soon', async () => {
    const { world, agent, next } = await interrupted();
    world.advance(20_000);
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    await sweep(world.services);
    expect((await world.task(next.taskId)).status).toBe('ASSIGNED');
    world.expectBooksToBalance();
  });
});

describe('a slot whose task was taken away', () => {
  it('is free again when the agent comes back without the task', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 1 });
    const { taskId } = await world.submit();
    await cancelTask(world.services, owner, taskId, 'no');
    expect((await world.slots(agent)).freeSlots).toBe(0);
    await world.connect('socket-again');
    await world.register({ registration: { name: 'a', maxConcurrency: 1 }, connectionId: 'socket-again' });
    expect((await world.slots(agent)).freeSlots).toBe(1);
  });
});
