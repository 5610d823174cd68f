import { describe, expect, it } from 'vitest';
import { stopAgent } from '#core/agents/stop-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { createWorld, otherTenant, tenant } from '../world.ts';

const stop = { reason: 'It deletes what it should review.', by: 'agent' } as const;

describe('stopAgent', () => {
  it('takes its tasks at once, without counting a try, and tells it why', async () => {
    const world = createWorld();
    const wild = await world.agent('wild', { maxConcurrency: 1 });
    const { taskId } = await world.submit({ retry: { maxAttempts: 1 } });
    const calm = await world.agent('calm');
    await stopAgent(world.services, tenant, wild.agentId, stop);
    expect(world.frames(wild.connectionId, 'agent.stop').at(-1)?.payload).toEqual({
      agentId: wild.agentId,
      reason: stop.reason,
    });
    expect(world.ports.sockets.closed).toContain(wild.connectionId);
    await world.fireTimers('reconnect-grace');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: calm.agentId, attempt: 2, waits: 1 });
    world.expectBooksToBalance();
    await expect(world.complete(wild, taskId, 'late', 1)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    await world.complete(calm, taskId);
  });

  it('lets it register again only once an operator has resumed it', async () => {
    const world = createWorld();
    const wild = await world.agent('wild');
    await stopAgent(world.services, tenant, wild.agentId, stop);
    const back = async (connectionId: string) => {
      await world.connect(connectionId);
      return world.register({ registration: { name: 'wild' }, connectionId });
    };
    await expect(back('second')).rejects.toMatchObject({ code: 'AGENT_STOPPED', retryable: false });
    expect((await world.slots(wild)).connection).toBeUndefined();
    await world.submit();
    await sweep(world.services);
    expect(Object.keys((await world.slots(wild)).assigned)).toEqual([]);
    await updateAgent(world.services, { tenant, agentId: wild.agentId }, { status: 'active' });
    await back('third');
    expect(Object.keys((await world.slots(wild)).assigned)).toHaveLength(1);
  });

  it('may be repeated, and knows only agents of the tenant', async () => {
    const world = createWorld();
    const wild = await world.agent('wild');
    await stopAgent(world.services, tenant, wild.agentId, stop);
    await stopAgent(world.services, tenant, wild.agentId, stop);
    await expect(stopAgent(world.services, otherTenant, wild.agentId, stop)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
