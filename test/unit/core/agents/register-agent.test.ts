import { describe, expect, it } from 'vitest';
import { readAgentView } from '#core/agents/agent-view.ts';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { AgentId } from '#core/contract/ids.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { closeConnection } from '#core/identity/connection.ts';
import { agentIdOf, createWorld, other, otherTenant, owner, stranger, tenant } from '../world.ts';

const taken = (field: string) => ({ code: 'AGENT_ID_TAKEN', field });

describe('registerAgent', () => {
  it('makes a new agent idle, connected and able to be found', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { capabilities: ['x'], maxConcurrency: 3 });
    expect(await readAgentView(world.services, tenant, agent.agentId)).toMatchObject({
      name: 'a',
      state: 'idle',
      status: 'active',
      connected: true,
      maxConcurrency: 3,
      freeSlots: 3,
      tasks: [],
      capabilities: [{ name: 'x', confidence: 1 }],
    });
    expect((await world.submit({ requirements: { capabilities: ['x'] } })).agentId).toBe(agent.agentId);
  });

  it('keeps and shows everything that the agent said of itself, each capability in its long form', async () => {
    const world = createWorld();
    const said = {
      name: 'reviewer-1',
      type: 'reviewer',
      description: 'Reviews security.',
      taskTypes: ['CODE_REVIEW', 'SECURITY_AUDIT'],
      roles: ['worker', 'team_lead'],
      batchTypes: ['CODE_REVIEW'],
      labels: { zone: 'a', gpu: true },
      weight: 2,
      costPerTask: 0.5,
      costPerKTokens: 0.01,
      endpoint: 'https://agents.acme.io/reviewer',
      modelId: 'a-model-1',
      metadata: { team: { name: 'blue' } },
    };
    const scanning = { name: 'security_scanning', confidence: 0.88, taskTypes: ['SECURITY_AUDIT'], languages: ['ts'] };
    const agent = await world.agent('reviewer-1', {
      ...said,
      capabilities: ['SECURITY_AUDIT', { ...scanning, specialties: ['OWASP', 'CVE'] }],
    });
    const view = await readAgentView(world.services, tenant, agent.agentId);
    expect(view).toMatchObject({
      ...said,
      capabilities: [
        { name: 'SECURITY_AUDIT', confidence: 1 },
        { ...scanning, specialties: ['OWASP', 'CVE'] },
      ],
      // Left out by the agent: five at a time, of middling priority.
      maxConcurrency: 5,
      priority: 50,
    });
    expect(view.updatedAt).toBeGreaterThanOrEqual(view.createdAt);
    expect(JSON.stringify(view)).not.toContain('key:owner');
  });

  it('answers before it hands work over', async () => {
    const world = createWorld();
    await world.submit();
    await world.connect('c1');
    await world.register({ registration: { name: 'a' }, connectionId: 'c1' });
    expect(world.frames('c1', 'task.assigned')).toHaveLength(1);
  });

  it('knows the same agent by its name over every connection', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await handleDisconnect(world.services, agent.connectionId);
    await world.connect('c2');
    const again = await world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    expect(again).toMatchObject({ agentId: agent.agentId, epoch: 2, connection: 'c2' });
  });

  it('keeps an id for the principal that registered it first', async () => {
    const world = createWorld();
    const { agentId } = await world.agent('a');
    await world.connect('theirs', other);
    const before = world.ports.table.items();
    const registration = { name: 'b', agentId };
    await expect(world.register({ registration, connectionId: 'theirs', principal: other })).rejects.toMatchObject(
      taken('agentId'),
    );
    expect(world.ports.table.items()).toEqual(before);
  });

  it('keeps a name for the agent that had it first', async () => {
    const world = createWorld();
    await world.agent('a');
    await world.connect('c2');
    const registration = { name: 'a', agentId: agentIdOf('another') };
    await expect(world.register({ registration, connectionId: 'c2' })).rejects.toMatchObject(taken('name'));
    await world.connect('theirs', other);
    const theirs = { registration: { name: 'a' }, connectionId: 'theirs', principal: other };
    await expect(world.register(theirs)).rejects.toMatchObject(taken('name'));
  });

  it('takes the same name and id in another tenant', async () => {
    const world = createWorld();
    const { agentId } = await world.agent('a');
    await world.connect('theirs', stranger);
    const slots = await world.register({
      registration: { name: 'a', agentId },
      connectionId: 'theirs',
      principal: stranger,
    });
    expect(slots.tenant).toBe(otherTenant);
    expect((await world.slots({ agentId })).connection).toBe('socket-a');
  });

  it('lets a connection speak for one agent only', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const second = { registration: { name: 'b' }, connectionId: agent.connectionId, seq: 2 };
    await expect(world.register(second)).rejects.toMatchObject(taken('agentId'));
  });

  it('takes over from a live connection: the old one is told and closed, and what it holds stays', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.connect('c2');
    await world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    expect(world.frames(agent.connectionId, 'agent.replaced')[0]?.payload).toEqual({ agentId: agent.agentId });
    expect(world.ports.sockets.closed).toEqual([agent.connectionId]);
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 4, connection: 'c2' });
    expect(world.frames('c2', 'task.assigned')[0]?.payload).toMatchObject({ task: { taskId }, attempt: 1 });
    world.expectBooksToBalance();
  });

  it('closes the old connection also when the registration that takes over is interrupted and made again', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await world.connect('c2');
    world.hooks.after = (operation) => {
      if (operation.name === 'update' && operation.key.sk === 'SLOTS') throw new UnavailableError('The table');
    };
    const again = () => world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    await expect(again()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await world.slots(agent)).toMatchObject({ connection: 'c2' });
    delete world.hooks.after;
    await again();
    expect(world.ports.sockets.closed).toEqual([agent.connectionId]);
  });

  it('does not hand over again what the agent says it still works on, and says what it lost', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.connect('c2');
    const lost = 'tsk_00000000-0000-7000-8000-000000000001';
    const tasks = [
      { taskId, attempt: 1 },
      { taskId: lost, attempt: 1 },
    ];
    await world.register({ registration: { name: 'a', resume: { tasks } }, connectionId: 'c2' });
    expect(world.frames('c2', 'task.assigned')).toEqual([]);
    expect(world.frames('c2', 'lease.lost').map(({ payload }) => payload)).toEqual([{ taskId: lost, attempt: 1 }]);
    expect((await world.task(taskId)).agentId).toBe(agent.agentId);
  });

  it('moves the free slots by the difference when the limit changes', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 3 });
    await world.submit();
    await world.submit();
    for (const [maxConcurrency, free] of [
      [5, 3],
      [1, -1],
      [2, 0],
    ] as const) {
      const connectionId = `c-${maxConcurrency}`;
      await world.connect(connectionId);
      await world.register({ registration: { name: 'a', maxConcurrency }, connectionId });
      expect(await world.slots(agent)).toMatchObject({ maxConcurrency, freeSlots: free });
      world.expectBooksToBalance();
    }
  });

  it('is found by its new capabilities only', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { capabilities: ['x', 'y'] });
    await world.register({
      registration: { name: 'a', capabilities: ['y', 'z'] },
      connectionId: agent.connectionId,
      seq: 2,
    });
    const statuses = [];
    for (const name of ['x', 'y', 'z'])
      statuses.push((await world.submit({ requirements: { capabilities: [name] } })).status);
    expect(statuses).toEqual(['QUEUED', 'ASSIGNED', 'ASSIGNED']);
  });

  it('drops a registration that is older than the one applied', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await world.register({ registration: { name: 'a', maxConcurrency: 7 }, connectionId: agent.connectionId, seq: 3 });
    await world.register({ registration: { name: 'a', maxConcurrency: 2 }, connectionId: agent.connectionId, seq: 2 });
    expect((await world.slots(agent)).maxConcurrency).toBe(7);
  });

  it('leaves no agent behind whose socket closed while it registered', async () => {
    const world = createWorld();
    await world.connect('c1');
    world.hooks.after = async (operation) => {
      if (operation.name !== 'update' || operation.key.sk !== 'SLOTS') return;
      delete world.hooks.after;
      await handleDisconnect(world.environment(), 'c1');
    };
    await expect(world.register({ registration: { name: 'a' }, connectionId: 'c1' })).rejects.toMatchObject({
      code: 'STALE_CONNECTION',
    });
    expect((await world.slots({ agentId: agentIdOf('a') })).connection).toBeUndefined();
    expect((await world.submit()).status).toBe('QUEUED');
  });

  it('refuses a connection that is not open', async () => {
    const world = createWorld();
    await world.connect('c1');
    await closeConnection(world.services, 'c1');
    await expect(world.register({ registration: { name: 'a' }, connectionId: 'c1' })).rejects.toMatchObject({
      code: 'STALE_CONNECTION',
    });
    expect(world.ports.table.items()).toEqual([]);
  });
});

describe('removeAgent', () => {
  it('takes the agent out of every look and closes its socket', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { capabilities: ['x'] });
    await removeAgent(world.services, owner, agent.agentId);
    expect(world.ports.sockets.closed).toEqual([agent.connectionId]);
    expect((await world.submit({ requirements: { capabilities: ['x'] } })).status).toBe('QUEUED');
    await expect(readAgentView(world.services, tenant, agent.agentId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('lets the agent register anew: active, for good, and with its name', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await removeAgent(world.services, owner, agent.agentId);
    await world.connect('again');
    const slots = await world.register({ registration: { name: 'a' }, connectionId: 'again' });
    expect(slots).toMatchObject({ status: 'active', connection: 'again' });
    expect(slots['expiresAtEpochSeconds']).toBeUndefined();
    expect((await world.submit()).status).toBe('ASSIGNED');
  });

  it("does not know another tenant's agent", async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await expect(removeAgent(world.services, stranger, agent.agentId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(removeAgent(world.services, owner, AgentId.parse(agentIdOf('z')))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('handleDisconnect', () => {
  it('ignores the end of a connection that the agent has left (fault 6)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    await world.submit();
    await world.connect('c2');
    await world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    await handleDisconnect(world.services, agent.connectionId);
    expect(await world.slots(agent)).toMatchObject({ connection: 'c2' });
    expect(world.ports.queues.timers).toEqual([]);
    expect((await world.submit()).status).toBe('ASSIGNED');
  });

  it('begins a grace of ten seconds only for an agent that holds work', async () => {
    const world = createWorld();
    const idle = await world.agent('idle');
    await handleDisconnect(world.services, idle.connectionId);
    expect(world.ports.queues.timers).toEqual([]);
    const busy = await world.agent('busy');
    await world.submit();
    await handleDisconnect(world.services, busy.connectionId);
    await handleDisconnect(world.services, busy.connectionId);
    expect(world.ports.queues.timers).toEqual([
      { message: { kind: 'reconnect-grace', tenant, agentId: busy.agentId, epoch: 1 }, delaySeconds: 10 },
    ]);
  });

  it('takes the end of a socket that never registered', async () => {
    const world = createWorld();
    await world.connect('c1');
    await handleDisconnect(world.services, 'c1');
    await handleDisconnect(world.services, 'never');
    expect(world.ports.table.items()).toEqual([]);
  });
});
