import { describe, expect, it } from 'vitest';
import { listAgentViews, readAgentView } from '#core/agents/agent-view.ts';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { AgentUpdate } from '#core/contract/agent.ts';
import { agentIdOf, createWorld, otherTenant, type TestAgent, tenant, type World } from '../world.ts';

const update = async (world: World, agent: TestAgent, change: Record<string, unknown>, seq?: number) =>
  updateAgent(
    world.services,
    agent,
    AgentUpdate.parse(change),
    seq === undefined ? undefined : { connection: agent.connectionId, seq },
  );

describe('updateAgent', () => {
  it.each([
    ['draining', { status: 'draining' }, { status: 'active' }],
    ['inactive', { status: 'inactive' }, { status: 'active' }],
    ['paused', { state: 'paused' }, { state: 'idle' }],
  ])('gives nothing new to an agent that is %s, and the backlog when it is back', async (_what, off, on) => {
    const world = createWorld();
    const agent = await world.agent('a');
    const held = await world.submit();
    await update(world, agent, off);
    const waiting = await world.submit();
    expect(waiting.status).toBe('QUEUED');
    await world.complete(agent, held.taskId, 'still taken');
    expect((await world.task(held.taskId)).status).toBe('SUCCEEDED');
    await update(world, agent, on);
    expect((await world.task(waiting.taskId)).status).toBe('ASSIGNED');
    world.expectBooksToBalance();
  });

  it('binds a lowered limit to new claims only, and fills up to a raised one', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 2 });
    const [one, two] = [await world.submit(), await world.submit()];
    const [three, four] = [await world.submit(), await world.submit()];
    await update(world, agent, { maxConcurrency: 1 });
    expect(await world.slots(agent)).toMatchObject({ maxConcurrency: 1, freeSlots: -1 });
    await world.complete(agent, one.taskId);
    expect((await world.task(three.taskId)).status).toBe('QUEUED');
    await world.complete(agent, two.taskId);
    const statuses = [(await world.task(three.taskId)).status, (await world.task(four.taskId)).status];
    expect(statuses.toSorted()).toEqual(['ASSIGNED', 'QUEUED']);
    await update(world, agent, { maxConcurrency: 4 });
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 2 });
    world.expectBooksToBalance();
  });

  it('moves the agent between rosters when its capabilities change, and gives it what it now fits', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { capabilities: ['x'] });
    const waiting = await world.submit({ requirements: { capabilities: ['y'] } });
    await update(world, agent, { capabilities: ['y'] });
    expect((await world.task(waiting.taskId)).agentId).toBe(agent.agentId);
    expect((await world.submit({ requirements: { capabilities: ['x'] } })).status).toBe('QUEUED');
  });

  it('applies an agent’s own frames in order and drops an older one whole', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await update(world, agent, { status: 'draining', capabilities: ['new'] }, 3);
    await update(world, agent, { status: 'active', capabilities: ['old'] }, 2);
    expect(await readAgentView(world.services, tenant, agent.agentId)).toMatchObject({
      status: 'draining',
      capabilities: [{ name: 'new' }],
    });
  });

  it('refuses an agent’s frame over a connection that is not its own any more', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await handleDisconnect(world.services, agent.connectionId);
    await expect(update(world, agent, { status: 'draining' }, 2)).rejects.toMatchObject({ code: 'STALE_CONNECTION' });
    expect((await world.slots(agent)).status).toBe('active');
  });

  it("does not know another tenant's agent, nor one that is not there", async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await expect(update(world, { ...agent, tenant: otherTenant }, { status: 'inactive' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(update(world, { ...agent, agentId: agentIdOf('z') }, { labels: {} })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('listAgentViews', () => {
  it('shows the least loaded for its size first, then the one of the higher priority (REG-10)', async () => {
    const world = createWorld();
    const half = await world.agent('half', { maxConcurrency: 2 });
    const tenth = await world.agent('tenth', { maxConcurrency: 10 });
    await world.agent('plain', { maxConcurrency: 1 });
    await world.agent('preferred', { maxConcurrency: 1, priority: 90 });
    for (const { agentId } of [half, tenth]) await world.submit({ requirements: { agentId } });
    const { items } = await listAgentViews(world.services, tenant, { limit: 10 });
    expect(items.map(({ name, load }) => [name, load])).toEqual([
      ['preferred', 0],
      ['plain', 0],
      ['tenth', 1],
      ['half', 1],
    ]);
  });

  it('shows the least loaded first and filters by capability, status and room', async () => {
    const world = createWorld();
    const small = await world.agent('small', { maxConcurrency: 1, capabilities: ['x'] });
    const large = await world.agent('large', { maxConcurrency: 9, capabilities: ['x', 'y'] });
    await world.submit({ requirements: { agentId: small.agentId } });
    await update(world, await world.agent('gone'), { status: 'inactive' });
    const names = async (query: Parameters<typeof listAgentViews>[2]) =>
      (await listAgentViews(world.services, tenant, query)).items.map(({ name }) => name);
    expect(await names({ limit: 10, capability: 'x' })).toEqual(['large', 'small']);
    expect(await names({ limit: 10, capability: 'y' })).toEqual(['large']);
    expect(await names({ limit: 10, status: 'inactive' })).toEqual(['gone']);
    expect(await names({ limit: 10, available: true })).toEqual(['large']);
    expect((await listAgentViews(world.services, otherTenant, { limit: 10 })).items).toEqual([]);
    expect(large.agentId).not.toBe(small.agentId);
  });

  it('pages through every agent once', async () => {
    const world = createWorld();
    for (let index = 0; index < 7; index++) await world.agent(`agent-${index}`);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listAgentViews(world.services, tenant, { limit: 3, cursor });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, index) => `agent-${index}`));
  });
});
