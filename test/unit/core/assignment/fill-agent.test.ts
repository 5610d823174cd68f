import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { createWorld, type World } from '../world.ts';

/** Lets one agent with one slot work the backlog off; returns the inputs in the order in which they came. */
const workOff = async (world: World): Promise<unknown[]> => {
  const agent = await world.agent('worker', { maxConcurrency: 1 });
  const order: unknown[] = [];
  for (;;) {
    const current = world.tasks().find(({ status }) => status === 'ASSIGNED');
    if (current === undefined) return order;
    order.push(current.input);
    await world.complete(agent, current.taskId);
  }
};

const minute = 60_000;

describe('fillAgent', () => {
  it('takes tasks of one priority in the order in which they came', async () => {
    const world = createWorld();
    for (let index = 0; index < 5; index++) {
      await world.submit({ input: index, timeoutSeconds: 100_000 });
      world.advance(minute);
    }
    expect(await workOff(world)).toEqual([0, 1, 2, 3, 4]);
  });

  it('takes more urgent tasks first, as long as the others have not waited longer than their head start', async () => {
    const world = createWorld();
    const submit = async (input: string, priority: 'low' | 'normal' | 'high' | 'critical') =>
      world.submit({ input, priority, timeoutSeconds: 100_000 });
    await submit('aged normal', 'normal');
    world.advance(61 * minute);
    await submit('low', 'low');
    await submit('normal', 'normal');
    await submit('high', 'high');
    await submit('critical', 'critical');
    expect(await workOff(world)).toEqual(['aged normal', 'critical', 'high', 'normal', 'low']);
  });

  it('takes the oldest across different requirements', async () => {
    const world = createWorld();
    for (const [input, capabilities] of [
      ['one', ['x']],
      ['two', []],
      ['three', ['x', 'y']],
    ] as const) {
      await world.submit({ input, requirements: { capabilities: [...capabilities] } });
      world.advance(minute);
    }
    await world.submit({ input: 'not mine', requirements: { capabilities: ['z'] } });
    const agent = await world.agent('a', { capabilities: ['x', 'y'], maxConcurrency: 1 });
    const order: unknown[] = [];
    for (let next = world.tasks().find(({ status }) => status === 'ASSIGNED'); next !== undefined; ) {
      order.push(next.input);
      await world.complete(agent, next.taskId);
      next = world.tasks().find(({ status }) => status === 'ASSIGNED');
    }
    expect(order).toEqual(['one', 'two', 'three']);
  });

  it('fills all the slots of an agent at once', async () => {
    const world = createWorld();
    for (let index = 0; index < 30; index++) await world.submit();
    await world.agent('a', { maxConcurrency: 25 });
    expect(world.tasks().filter(({ status }) => status === 'ASSIGNED')).toHaveLength(25);
    world.expectBooksToBalance();
  });

  it('passes by a task that costs more than there is room for', async () => {
    const world = createWorld();
    const large = await world.submit({ slotCost: 3 });
    world.advance(minute);
    const small = await world.submit();
    await world.agent('a', { maxConcurrency: 1 });
    expect((await world.task(small.taskId)).status).toBe('ASSIGNED');
    expect((await world.task(large.taskId)).status).toBe('QUEUED');
    await world.agent('b', { maxConcurrency: 3 });
    expect((await world.task(large.taskId)).status).toBe('ASSIGNED');
    world.expectBooksToBalance();
  });

  it('finds a task among more different requirements than one look shows', async () => {
    const world = createWorld();
    const tasks = [];
    for (let index = 0; index < 270; index++)
      tasks.push(await world.submit({ requirements: { capabilities: [`c${index}`] } }));
    const last = world.ports.table.items().findLast(({ pk }) => pk === 'acme#SIGNATURES');
    const name = JSON.stringify(last).match(/"(c\d+)"/)?.[1] ?? '';
    await world.agent('last', { capabilities: [name] });
    expect((await world.task(tasks[Number(name.slice(1))]?.taskId ?? '')).status).toBe('ASSIGNED');
  });

  it('gives a claim back when the task was taken meanwhile', async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    const agents = await Promise.all(['a', 'b', 'c'].map((name) => world.agent(name)));
    const holders = await Promise.all(agents.map((agent) => world.slots(agent)));
    expect(holders.filter(({ assigned }) => taskId in assigned)).toHaveLength(1);
    expect((await world.task(taskId)).attempt).toBe(1);
    world.expectBooksToBalance();
  });

  it('gives an agent that was silent its work when the sweep finds it alive (I5)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    world.advance(60_001);
    const task = await world.submit();
    expect(task.status).toBe('QUEUED');
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    await sweep(world.services);
    expect((await world.task(task.taskId)).status).toBe('ASSIGNED');
  });

  it('never gives out a task whose deadline has passed', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ timeoutSeconds: 60 });
    world.advance(minute);
    await world.agent('a');
    expect((await world.task(taskId)).status).toBe('QUEUED');
    await sweep(world.services);
    expect(await world.task(taskId)).toMatchObject({ status: 'TIMED_OUT', error: { code: 'DEADLINE' } });
  });
});

describe('deliverAssignment', () => {
  it('finds an agent that came back over another socket while its task was on the way (fault 8)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    world.ports.sockets.gone.add(agent.connectionId);
    await world.connect('c2');
    world.hooks.after = async (operation) => {
      if (operation.name !== 'put' || operation.key.sk !== 'TASK') return;
      delete world.hooks.after;
      await world.register({ registration: { name: 'a' }, connectionId: 'c2' });
    };
    const { taskId } = await world.submit();
    expect(world.frames('c2', 'task.assigned').at(-1)?.payload).toMatchObject({ task: { taskId }, attempt: 1 });
  });

  it('begins the reconnect grace of an agent whose socket is gone', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    world.ports.sockets.gone.add(agent.connectionId);
    const { taskId } = await world.submit();
    expect((await world.slots(agent)).connection).toBeUndefined();
    const b = await world.agent('b');
    await world.fireTimers('reconnect-grace');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: b.agentId });
    world.expectBooksToBalance();
  });
});
