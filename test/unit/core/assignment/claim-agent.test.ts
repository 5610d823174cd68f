import { describe, expect, it } from 'vitest';
import { claimSlot, releaseAndClaim, releaseSlot } from '#core/agents/slots.ts';
import { claimAgent, slotEntryFor, unclaim } from '#core/assignment/claim-agent.ts';
import { ClaimId } from '#core/contract/ids.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { failTask } from '#core/tasks/fail-task.ts';
import { createWorld, tenant, type World } from '../world.ts';

const crowd = async (world: World, size: number, capability = 'x'): Promise<void> => {
  for (let index = 0; index < size; index++)
    await world.agent(`agent-${index}`, { capabilities: [capability], maxConcurrency: 1 });
};
const tenOfThree = (world: World) =>
  Promise.all(Array.from({ length: 10 }, (_, index) => world.agent(`agent-${index}`, { maxConcurrency: 3 })));
const requirements = { capabilities: ['x'] };

describe('claimAgent', () => {
  it('finds the one free agent of sixty', async () => {
    const world = createWorld();
    await crowd(world, 60);
    const tasks = [];
    for (let index = 0; index < 60; index++) tasks.push(await world.submit({ requirements }));
    expect(new Set(tasks.map(({ agentId }) => agentId)).size).toBe(60);
    expect(tasks.every(({ status }) => status === 'ASSIGNED')).toBe(true);
    expect((await world.submit({ requirements })).status).toBe('QUEUED');
    world.expectBooksToBalance();
  });

  it('looks at no more than a hundred of a larger fleet, and says how many it saw', async () => {
    const world = createWorld();
    await crowd(world, 120);
    let read = 0;
    world.hooks.before = (operation) => {
      if (operation.name === 'getMany') read += operation.keys.length;
    };
    const { decision } = await world.submit({ requirements });
    expect(read).toBeLessThanOrEqual(100);
    expect(decision).toMatchObject({ strategy: 'least_loaded', seen: expect.any(Number) });
    expect(decision?.seen).toBeLessThanOrEqual(100);
  });

  it('looks through the rarest of the capabilities that it knows', async () => {
    const world = createWorld();
    await crowd(world, 30, 'common');
    const rare = await world.agent('rare', { capabilities: ['common', 'rare'] });
    for (const name of ['common', 'rare']) await world.submit({ requirements: { capabilities: [name] } });
    const task = await world.submit({ requirements: { capabilities: ['common', 'rare'] } });
    expect(task).toMatchObject({ agentId: rare.agentId, decision: { seen: 1, eligible: 1 } });
  });

  it('finds the one that has a common and a rare capability while it knows neither, also after that one gave the task up', async () => {
    const world = createWorld();
    await crowd(world, 130, 'common');
    const rare = await world.agent('rare', { capabilities: ['common', 'rare'] });
    const wanted = { capabilities: ['common', 'rare'] };
    const { taskId, agentId } = await world.submit({ requirements: wanted, retry: { maxAttempts: 3, backoffMs: 0 } });
    expect(agentId).toBe(rare.agentId);
    await failTask(world.services, rare, {
      taskId,
      attempt: 1,
      error: { code: 'BROKEN', message: 'it broke', retryable: true },
    });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: rare.agentId });
  });

  it('gives a task back to the one that gave it up when no other in a fleet larger than any look has the slots', async () => {
    const world = createWorld();
    await crowd(world, 101);
    const large = await world.agent('large', { capabilities: ['x'], maxConcurrency: 2 });
    const retry = { maxAttempts: 3, backoffMs: 0 };
    const { taskId, agentId } = await world.submit({ requirements, slotCost: 2, retry });
    expect(agentId).toBe(large.agentId);
    const error = { code: 'BROKEN', message: 'it broke', retryable: true };
    await failTask(world.services, large, { taskId, attempt: 1, error });
    await sweep(world.services);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: large.agentId });
  });

  it('gives tasks to each agent in turn under round_robin', async () => {
    const world = createWorld();
    for (const name of ['a', 'b', 'c']) await world.agent(name, { maxConcurrency: 50 });
    const got = new Map<unknown, number>();
    for (let index = 0; index < 30; index++) {
      const { agentName } = await world.submit({ strategy: 'round_robin' });
      got.set(agentName, (got.get(agentName) ?? 0) + 1);
    }
    expect([...got.values()]).toEqual([10, 10, 10]);
  });

  it.each([
    ['another strategy', {}],
    ['other requirements', { requirements: { capabilities: ['x'] } }],
  ])('keeps the turns of round_robin apart from tasks with %s that come between', async (_what, between) => {
    const world = createWorld();
    for (const name of ['a', 'b']) await world.agent(name, { maxConcurrency: 50, capabilities: ['x'] });
    const names: unknown[] = [];
    for (let index = 0; index < 10; index++) {
      names.push((await world.submit({ strategy: 'round_robin' })).agentName);
      await world.submit(between);
    }
    expect(names.filter((name) => name === 'a')).toHaveLength(5);
  });

  it('spreads load evenly under least_loaded', async () => {
    const world = createWorld();
    const agents = await Promise.all(['a', 'b', 'c', 'd'].map((name) => world.agent(name, { maxConcurrency: 50 })));
    for (let index = 0; index < 40; index++) await world.submit();
    const slots = await Promise.all(agents.map((agent) => world.slots(agent)));
    expect(slots.map(({ freeSlots }) => freeSlots)).toEqual([40, 40, 40, 40]);
  });

  it('spreads tasks that are placed at once, all by the same look', async () => {
    const world = createWorld();
    const agents = await tenOfThree(world);
    for (const load of [1, 2, 3]) {
      await Promise.all(agents.map(() => world.submit()));
      const slots = await Promise.all(agents.map((agent) => world.slots(agent)));
      expect(slots.map(({ freeSlots }) => 3 - freeSlots)).toEqual(agents.map(() => load));
    }
    world.expectBooksToBalance();
  });

  it('tries no agent in vain that tasks placed at the same time have filled, whatever the strategy', async () => {
    const world = createWorld();
    await tenOfThree(world);
    let claims = 0;
    world.hooks.before = (operation) => {
      if (operation.name === 'update' && operation.key.sk === 'SLOTS') claims += 1;
    };
    await Promise.all(Array.from({ length: 30 }, () => world.submit({ strategy: 'capability_match' })));
    expect(world.tasks().filter(({ status }) => status === 'ASSIGNED')).toHaveLength(30);
    expect(claims).toBe(30);
    world.expectBooksToBalance();
  });

  it('counts a claim that was lost no longer, and one that has ended not at all', async () => {
    const world = createWorld();
    const [a, b] = [await world.agent('a', { maxConcurrency: 1 }), await world.agent('b', { maxConcurrency: 1 })];
    const names = new Set<unknown>();
    for (let round = 0; round < 20; round++) {
      const task = await world.submit();
      names.add(task.agentName);
      await world.complete(task.agentName === 'a' ? a : b, task.taskId);
      const both = await Promise.all([world.submit(), world.submit()]);
      expect(new Set(both.map(({ agentName }) => agentName))).toEqual(new Set(['a', 'b']));
      for (const { taskId, agentName } of both) await world.complete(agentName === 'a' ? a : b, taskId);
    }
    expect(names).toEqual(new Set(['a', 'b']));
  });

  it('gives a pinned task to its agent alone', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 1 });
    await world.agent('b');
    const pinned = { requirements: { agentId: agent.agentId } };
    expect((await world.submit(pinned)).agentId).toBe(agent.agentId);
    expect((await world.submit(pinned)).status).toBe('QUEUED');
  });

  it('gives a vote to an agent that is full', async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 1 });
    await world.submit();
    expect((await world.submit({ kind: 'vote', slotCost: 0 })).status).toBe('ASSIGNED');
    world.expectBooksToBalance();
  });

  it('stops when another dispatcher is at work on the same task', async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 2 });
    await world.agent('b', { maxConcurrency: 2, priority: 0 });
    const { taskId } = await world.submit({ requirements: { capabilities: ['later'] } });
    const task = { ...(await world.task(taskId)), requirements: { capabilities: [] } };
    const first = await claimAgent(world.services, task);
    expect(first.kind).toBe('claimed');
    const again = await claimAgent(world.services, {
      ...task,
      avoid: [(await world.agent('b', { priority: 0 })).agentId],
    });
    expect(again.kind).toBe('taken');
    if (first.kind === 'claimed') await unclaim(world.services, first.claim);
    world.expectBooksToBalance();
  });

  it('goes to the next agent when a stale look chose one that is full (fault 17)', async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 1, priority: 100 });
    await world.agent('b', { maxConcurrency: 1, priority: 0 });
    await world.submit();
    // Eventually consistent reads do not see the last writes.
    world.hooks.lag = () => 2;
    expect(await world.submit()).toMatchObject({ status: 'ASSIGNED', agentName: 'b' });
    world.expectBooksToBalance();
  });
});

describe('releaseSlot', () => {
  it('frees a claim once, and never another claim of the same task', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId, claim = ClaimId.parse('') } = await world.submit();
    const held = { tenant, agentId: agent.agentId, taskId, claim, cost: 1 };
    const foreign = { ...held, claim: ClaimId.parse('clm_00000000-0000-7000-8000-000000000001') };
    expect((await world.ports.table.update(releaseSlot(foreign))).won).toBe(false);
    expect((await world.ports.table.update(releaseSlot(held))).won).toBe(true);
    expect((await world.ports.table.update(releaseSlot(held))).won).toBe(false);
    expect((await world.slots(agent)).freeSlots).toBe(5);
  });
});

describe('releaseAndClaim', () => {
  it('moves a slot from one task to the next, unless the next costs more than there is', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 2 });
    const { taskId, claim = ClaimId.parse('') } = await world.submit();
    const waiting = await world.submit({ slotCost: 3 });
    const held = { tenant, agentId: agent.agentId, taskId, claim, cost: 1 };
    const next = { taskId: waiting.taskId, entry: slotEntryFor(world.services, waiting) };
    const slots = await world.slots(agent);
    expect((await world.ports.table.update(releaseAndClaim(held, slots, next))).won).toBe(false);
    const fitting = { ...next, entry: { ...next.entry, cost: 2 } };
    expect((await world.ports.table.update(releaseAndClaim(held, slots, fitting))).won).toBe(true);
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 0 });
    world.expectBooksToBalance();
  });
});

describe('claimSlot', () => {
  it.each([
    ['over a connection that is not the agent’s any more', { connection: 'old' }, 1],
    ['beyond its free slots', {}, 6],
  ])('refuses a claim %s', async (_what, change, cost) => {
    const world = createWorld();
    const agent = await world.agent('a');
    const task = await world.submit({ requirements: { capabilities: ['none'] } });
    const entry = { ...slotEntryFor(world.services, task), cost };
    const seen = { ...(await world.slots(agent)), ...change };
    expect((await world.ports.table.update(claimSlot(seen, task.taskId, entry))).won).toBe(false);
    expect((await world.slots(agent)).freeSlots).toBe(5);
  });
});
