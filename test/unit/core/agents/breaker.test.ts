import { describe, expect, it } from 'vitest';
import { breakerRule } from '#core/agents/breaker.ts';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { createWorld } from '../world.ts';

const once = { retry: { maxAttempts: 1 } };

const failTimes = async (
  world: ReturnType<typeof createWorld>,
  by: Awaited<ReturnType<typeof world.agent>>,
  times: number,
): Promise<void> => {
  for (let turn = 0; turn < times; turn++) await world.fail(by, (await world.submit(once)).taskId);
};

describe('circuit breaker', () => {
  it('opens at the fifth failure in a row and keeps work away', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await failTimes(world, agent, breakerRule.failures);
    expect((await world.submit()).status).toBe('QUEUED');
    expect(await world.slots(agent)).toMatchObject({
      failuresInRow: 5,
      breakerUntil: world.ports.clock.now() + breakerRule.openMs,
    });
  });

  it('does not open while a success comes between', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await failTimes(world, agent, 4);
    await world.complete(agent, (await world.submit()).taskId);
    await failTimes(world, agent, 4);
    expect((await world.submit()).status).toBe('ASSIGNED');
  });

  it('lets exactly one task through after a minute, and closes when that succeeds', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await failTimes(world, agent, 5);
    const waiting = [await world.submit(), await world.submit(), await world.submit()];
    world.advance(breakerRule.openMs);
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    expect(await world.fireTimers('breaker')).toBe(1);
    const states = await Promise.all(waiting.map(async ({ taskId }) => (await world.task(taskId)).status));
    expect(states.toSorted()).toEqual(['ASSIGNED', 'QUEUED', 'QUEUED']);
    for (const { taskId } of waiting.filter((_, index) => states[index] === 'ASSIGNED'))
      await world.complete(agent, taskId);
    const after = await Promise.all(waiting.map(async ({ taskId }) => (await world.task(taskId)).status));
    expect(after.toSorted()).toEqual(['ASSIGNED', 'ASSIGNED', 'SUCCEEDED']);
    expect((await world.slots(agent)).breakerUntil).toBeUndefined();
    world.expectBooksToBalance();
  });

  it('opens again when the probe fails', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await failTimes(world, agent, 5);
    world.advance(breakerRule.openMs);
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    const probe = await world.submit(once);
    expect(probe.status).toBe('ASSIGNED');
    expect((await world.submit()).status).toBe('QUEUED');
    await world.fail(agent, probe.taskId);
    expect((await world.slots(agent)).breakerUntil).toBe(world.ports.clock.now() + breakerRule.openMs);
  });
});
