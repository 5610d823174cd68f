import { describe, expect, it } from 'vitest';
import { timings } from '#core/contract/limits.ts';
import { bindConnection, closeConnection, loadConnection } from '#core/identity/connection.ts';
import { agentIdOf, createWorld, owner } from '../world.ts';

const agent = { agentId: agentIdOf('a'), epoch: 1 };
const isStale = { code: 'STALE_CONNECTION' };

const countReads = (world: ReturnType<typeof createWorld>): (() => number) => {
  let reads = 0;
  world.hooks.before = (operation) => {
    if (operation.name === 'get') reads += 1;
  };
  return () => reads;
};

describe('loadConnection', () => {
  it('tells who speaks over an open socket', async () => {
    const world = createWorld();
    await world.connect('c1');
    expect(await loadConnection(world.services, 'c1')).toMatchObject({ connectionId: 'c1', principal: owner });
  });

  it('refuses a socket that was never opened, is closed, or is too old', async () => {
    const world = createWorld();
    await expect(loadConnection(world.services, 'c1')).rejects.toMatchObject(isStale);
    await world.connect('c1');
    await closeConnection(world.services, 'c1');
    await expect(loadConnection(world.services, 'c1')).rejects.toMatchObject(isStale);
    await world.connect('c2');
    world.advance(timings.connectionAgeMs + 60_000);
    await expect(loadConnection(world.services, 'c2')).rejects.toMatchObject(isStale);
  });

  it('remembers a socket that speaks for no agent yet for a client’s frames alone', async () => {
    const world = createWorld();
    await world.connect('c1');
    const reads = countReads(world);
    await loadConnection(world.services, 'c1', { asClient: true });
    await loadConnection(world.services, 'c1', { asClient: true });
    expect(reads()).toBe(1);
    await loadConnection(world.services, 'c1');
    await loadConnection(world.services, 'c1');
    expect(reads()).toBe(3);
    await bindConnection(world.environment(), 'c1', agent);
    expect(await loadConnection(world.services, 'c1')).toMatchObject(agent);
  });

  it('remembers an agent for 30 seconds and then looks again', async () => {
    const world = createWorld();
    await world.connect('c1');
    await bindConnection(world.services, 'c1', agent);
    const reads = countReads(world);
    await loadConnection(world.services, 'c1');
    world.advance(timings.connectionCacheMs - 1);
    await loadConnection(world.services, 'c1');
    expect(reads()).toBe(1);
    world.advance(1);
    await loadConnection(world.services, 'c1');
    expect(reads()).toBe(2);
  });
});

describe('bindConnection', () => {
  it('refuses a closed socket, and one that speaks for another agent', async () => {
    const world = createWorld();
    await expect(bindConnection(world.services, 'c1', agent)).rejects.toMatchObject(isStale);
    expect(world.ports.table.items()).toEqual([]);
    await world.connect('c1');
    await bindConnection(world.services, 'c1', agent);
    await bindConnection(world.services, 'c1', { ...agent, epoch: 2 });
    const other = { agentId: agentIdOf('b'), epoch: 1 };
    await expect(bindConnection(world.services, 'c1', other)).rejects.toMatchObject(isStale);
    expect(await loadConnection(world.services, 'c1')).toMatchObject({ agentId: agent.agentId, epoch: 2 });
  });
});

describe('closeConnection', () => {
  it('answers what it knew once, and nothing the second time', async () => {
    const world = createWorld();
    await world.connect('c1');
    expect((await closeConnection(world.services, 'c1'))?.connectionId).toBe('c1');
    expect(await closeConnection(world.services, 'c1')).toBeUndefined();
  });
});
