import { describe, expect, it } from 'vitest';
import { readAgentView } from '#core/agents/agent-view.ts';
import { createWorld, tenant } from '../world.ts';

const start = async (type: string) => {
  const world = createWorld();
  const agent = await world.agent('a', { maxConcurrency: 3 });
  const view = async () => readAgentView(world.services, tenant, agent.agentId);
  const { taskId } = await world.submit({ type });
  world.advance(4000);
  await world.complete(agent, taskId);
  return { world, agent, view };
};

describe('the workload of an agent (TSK-7)', () => {
  it('is what it carries, how long that will take by what it was measured at, and when it will be done', async () => {
    const { world, view } = await start('scan');
    expect(await view()).toMatchObject({ load: 0, remainingMs: 0 });
    const begun = world.services.clock.now();
    await world.submit({ type: 'scan' });
    world.advance(1000);
    await world.submit({ type: 'scan', slotCost: 2 });
    expect(await view()).toMatchObject({
      load: 3,
      freeSlots: 0,
      maxConcurrency: 3,
      tasks: [
        { type: 'scan', attempt: 1, assignedAt: begun },
        { type: 'scan', attempt: 1, assignedAt: begun + 1000 },
      ],
      // Three and four seconds are left; they end side by side.
      remainingMs: 7000,
      estimatedCompletionAt: begun + 5000,
    });
  });

  it('has a tenth of the expectation left of what takes longer', async () => {
    const { world, view } = await start('scan');
    await world.submit({ type: 'scan' });
    world.advance(30_000);
    expect(await view()).toMatchObject({ remainingMs: 400 });
  });

  it('is unknown while the agent was never measured at one of its tasks', async () => {
    const { world, view } = await start('scan');
    await world.submit({ type: 'scan' });
    await world.submit({ type: 'never-done' });
    const { load, remainingMs, estimatedCompletionAt } = await view();
    expect({ load, remainingMs, estimatedCompletionAt }).toEqual({ load: 2 });
  });

  it('leaves out what takes no room', async () => {
    const { world, view } = await start('scan');
    await world.submit({ type: 'vote', slotCost: 0 });
    expect(await view()).toMatchObject({ load: 0, remainingMs: 0, tasks: [{ type: 'vote' }] });
  });
});
