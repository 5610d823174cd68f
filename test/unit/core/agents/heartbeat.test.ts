import { describe, expect, it } from 'vitest';
import { readAgentView } from '#core/agents/agent-view.ts';
import { heartbeat, released } from '#core/agents/heartbeat.ts';
import { revokeClaim } from '#core/agents/slots.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

type Listed = readonly { readonly taskId: string; readonly attempt: number }[];
const beat = async (world: World, agent: TestAgent, tasks: Listed = [], connectionId = agent.connectionId) =>
  heartbeat(world.services, agent, connectionId, { tasks: [...tasks] });

describe('heartbeat', () => {
  it('is one write and is not answered when there is nothing to say', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    world.advance(30_000);
    let calls = 0;
    world.hooks.before = () => void (calls += 1);
    const sent = world.ports.sockets.posted.length;
    await heartbeat(world.services, agent, agent.connectionId, {
      tasks: [{ taskId, attempt: 1 }],
      metrics: { cpu: 0.5 },
    });
    expect(calls).toBe(1);
    expect(world.ports.sockets.posted).toHaveLength(sent);
    expect(await world.slots(agent)).toMatchObject({ seenAt: world.ports.clock.now(), metrics: { cpu: 0.5 } });
  });

  it('does not take back an assignment that may have crossed it', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    world.advance(9_999);
    await beat(world, agent);
    expect(world.frames(agent.connectionId, 'task.assigned')).toHaveLength(1);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1 });
  });

  it('delivers again what is not listed after ten seconds, as the same attempt, and then gives it away', async () => {
    const world = createWorld();
    const deaf = await world.agent('deaf', { priority: 100 });
    const { taskId } = await world.submit();
    const b = await world.agent('b');
    world.advance(10_000);
    await beat(world, deaf);
    const delivered = world.frames(deaf.connectionId, 'task.assigned').map(({ payload }) => payload['idempotencyKey']);
    expect(delivered).toEqual([`${taskId}:1`, `${taskId}:1`]);
    // A second heartbeat at once may have crossed the second delivery.
    await beat(world, deaf);
    expect((await world.task(taskId)).attempt).toBe(1);
    world.advance(30_000);
    await beat(world, b);
    await beat(world, deaf);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    world.expectBooksToBalance();
  });

  it('keeps a task that is listed again after the second delivery', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    world.advance(10_000);
    await beat(world, agent);
    world.advance(30_000);
    await beat(world, agent, [{ taskId, attempt: 1 }]);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1, agentId: agent.agentId });
  });

  it('tells an agent what it works on without holding it', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await beat(world, agent, [
      { taskId, attempt: 1 },
      { taskId: 'tsk_00000000-0000-7000-8000-000000000001', attempt: 3 },
      { taskId: 'nonsense', attempt: 1 },
    ]);
    expect(world.frames(agent.connectionId, 'lease.lost').map(({ payload }) => payload)).toEqual([
      { taskId: 'tsk_00000000-0000-7000-8000-000000000001', attempt: 3 },
    ]);
  });

  it('is refused over a connection that is not the agent’s own, and proves no life', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const before = (await world.slots(agent)).seenAt;
    world.advance(1000);
    await expect(beat(world, agent, [], 'old')).rejects.toMatchObject({ code: 'STALE_CONNECTION' });
    expect((await world.slots(agent)).seenAt).toBe(before);
  });
});

describe('released', () => {
  it('frees the slot of a task that was taken away, once', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await cancelTask(world.services, owner, taskId, 'no');
    await released(world.services, agent, { taskId, attempt: 1 });
    await released(world.services, agent, { taskId, attempt: 1 });
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 5, assigned: {} });
  });

  it('does not free a slot that was not taken away, nor another attempt’s', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await released(world.services, agent, { taskId, attempt: 1 });
    expect((await world.slots(agent)).freeSlots).toBe(4);
    const claim = (await world.task(taskId)).claim;
    if (claim === undefined) throw new Error('there is no claim');
    await world.ports.table.update(revokeClaim({ tenant, agentId: agent.agentId, taskId, claim, cost: 1 }, 1));
    await released(world.services, agent, { taskId, attempt: 2 });
    expect((await world.slots(agent)).freeSlots).toBe(4);
  });
});

describe('readAgentView', () => {
  it('derives the state from connection, silence, pause and work', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const state = async () => (await readAgentView(world.services, tenant, agent.agentId)).state;
    expect(await state()).toBe('idle');
    const { taskId } = await world.submit();
    expect(await state()).toBe('running');
    expect((await readAgentView(world.services, tenant, agent.agentId)).tasks).toMatchObject([{ taskId, attempt: 1 }]);
    world.advance(60_001);
    expect(await readAgentView(world.services, tenant, agent.agentId)).toMatchObject({
      state: 'error',
      reason: 'silent',
      status: 'active',
    });
    await beat(world, agent, [{ taskId, attempt: 1 }]);
    expect(await state()).toBe('running');
    await world.complete(agent, taskId);
    expect(await state()).toBe('idle');
  });
});
