import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heartbeat, released } from '#core/agents/heartbeat.ts';
import { loadOf } from '#core/agents/slots.ts';
import { planRebalance, rebalanceRule } from '#core/routing/plan-rebalance.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { acceptTask } from '#core/tasks/note-progress.ts';
import { createWorld, owner } from '../world.ts';

const crowd = async () => {
  const world = createWorld();
  const busy = await world.agent('busy', { maxConcurrency: 20 });
  const tasks = await Promise.all(Array.from({ length: 8 }, () => world.submit({ retry: { maxAttempts: 1 } })));
  const idle = await world.agent('idle', { maxConcurrency: 20 });
  world.advance(20_000);
  const listed = tasks.map(({ taskId }) => ({ taskId, attempt: 1 }));
  await heartbeat(world.services, busy, busy.connectionId, { tasks: listed });
  return { world, busy, idle, tasks };
};

describe('planRebalance', () => {
  it('takes from nobody at or below one and a half times the average, and never more than the excess over it', async () => {
    const { world, busy, idle } = await crowd();
    const [full, empty] = [await world.slots(busy), await world.slots(idle)];
    const entry = Object.values(full.assigned)[0];
    if (entry === undefined) throw new Error('nothing is assigned');
    const withLoad = (name: string, load: number) => ({
      ...empty,
      agentId: name === 'x' ? full.agentId : empty.agentId,
      freeSlots: 20 - load,
      assigned: Object.fromEntries(Array.from({ length: load }, (_, index) => [`tsk_${index}`, entry])),
    });
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }), (loads) => {
        const fleet = loads.map((load, index) => withLoad(index === 0 ? 'x' : 'y', load));
        const average = loads.reduce((sum, load) => sum + load, 0) / loads.length;
        for (const { slots, excess } of planRebalance(fleet).from) {
          expect(loadOf(slots)).toBeGreaterThan(average * rebalanceRule.overloaded);
          expect(excess).toBeLessThanOrEqual(loadOf(slots) - average);
        }
      }),
    );
  });
});

describe('rebalance', () => {
  it('moves what has not begun, down to the average, to an agent with little to do', async () => {
    const { world, busy, idle } = await crowd();
    expect(await sweep(world.services)).toMatchObject({ moved: 4 });
    expect(loadOf(await world.slots(idle))).toBe(4);
    expect(world.frames(busy.connectionId, 'task.cancel')).toHaveLength(4);
    world.expectBooksToBalance();
  });

  it('never moves what has begun', async () => {
    const { world, busy, tasks } = await crowd();
    for (const { taskId } of tasks) await acceptTask(world.services, busy, { taskId, attempt: 1 });
    expect(await sweep(world.services)).toMatchObject({ moved: 0 });
  });

  it('never moves a pinned task, nor to an agent that is not fit', async () => {
    const world = createWorld();
    const busy = await world.agent('busy', { maxConcurrency: 20, capabilities: ['x'] });
    const pinned = { requirements: { capabilities: [], agentId: busy.agentId } };
    const tasks = [
      ...(await Promise.all(Array.from({ length: 4 }, () => world.submit(pinned)))),
      ...(await Promise.all(Array.from({ length: 4 }, () => world.submit({ requirements: { capabilities: ['x'] } })))),
    ];
    await world.agent('idle', { maxConcurrency: 20 });
    world.advance(20_000);
    const listed = tasks.map(({ taskId }) => ({ taskId, attempt: 1 }));
    await heartbeat(world.services, busy, busy.connectionId, { tasks: listed });
    expect(await sweep(world.services)).toMatchObject({ moved: 0 });
  });
});

describe('disposition', () => {
  it('tells work that never started from work in flight and work that stopped', async () => {
    const world = createWorld();
    const waiting = await world.submit();
    expect(await cancelTask(world.services, owner, waiting.taskId, 'no')).toMatchObject({
      disposition: 'never_started',
    });
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    expect(await cancelTask(world.services, owner, taskId, 'no')).toMatchObject({ disposition: 'in_flight' });
    await released(world.services, agent, { taskId, attempt: 1 });
    expect(await world.task(taskId)).toMatchObject({ status: 'CANCELLED', disposition: 'stopped' });
  });
});
