import { describe, expect, it } from 'vitest';
import { countQueued } from '#core/assignment/count-queued.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { rejectTask } from '#core/tasks/fail-task.ts';
import { createWorld, type TestAgent, tenant, type World } from '../world.ts';

/** The agent says that it has no handler for what it was given. */
const decline = async ({ services, task }: World, agent: TestAgent, { taskId }: { taskId: string }): Promise<void> => {
  const { attempt } = await task(taskId);
  await rejectTask(services, agent, { taskId: (await task(taskId)).taskId, attempt, code: 'no_handler' });
};

describe('types of task', () => {
  it('gives an agent that says what it does that alone, and whatever else to others', async () => {
    const world = createWorld();
    const reader = await world.agent('reader', { taskTypes: ['read'] });
    const { taskId } = await world.submit({ type: 'write' });
    expect(await world.task(taskId)).toMatchObject({ status: 'QUEUED', attempt: 0 });
    const read = await world.submit({ type: 'read' });
    expect(await world.task(read.taskId)).toMatchObject({ status: 'ASSIGNED', agentId: reader.agentId });
    const any = await world.agent('any');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: any.agentId });
  });

  it('keeps an agent busy with what it does however much of other types is in front', async () => {
    const world = createWorld();
    for (let index = 0; index < 40; index++) await world.submit({ type: 'write', input: index });
    const { taskId } = await world.submit({ type: 'read' });
    const agent = await world.agent('reader', { taskTypes: ['read'], maxConcurrency: 1 });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
    expect((await countQueued(world.services, tenant, 100)).kinds).toEqual([
      expect.objectContaining({ type: 'write', queued: 40 }),
    ]);
  });

  it('does not count it as a try that an agent has no handler, and gives it no more of the type', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ type: 'write', retry: { maxAttempts: 2 } });
    const first = await world.agent('first');
    await decline(world, first, { taskId });
    for (const name of ['a', 'b', 'c']) {
      const agent = await world.agent(name);
      expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
      await decline(world, agent, { taskId });
      expect((await world.task(taskId)).status).toBe('QUEUED');
    }
    const second = await world.submit({ type: 'write' });
    await sweep(world.services);
    expect((await world.task(second.taskId)).attempt).toBe(0);
    expect((await world.slots(first)).failuresInRow ?? 0).toBe(0);
    const able = await world.agent('able', { taskTypes: ['write'] });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: able.agentId, attempt: 5 });
    await world.complete(able, taskId);
    expect((await world.task(taskId)).status).toBe('SUCCEEDED');
    world.expectBooksToBalance();
  });

  it('gives an agent that declined a type everything else, past what it declined', async () => {
    const world = createWorld();
    for (let index = 0; index < 30; index++) await world.submit({ type: 'write', input: index });
    const agent = await world.agent('a', { maxConcurrency: 1 });
    const held = world.tasks().filter(({ status }) => status === 'ASSIGNED');
    const { taskId } = await world.submit({ type: 'read' });
    for (const task of held) await decline(world, agent, task);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
  });

  it('asks an agent again that has registered anew', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ type: 'write' });
    const agent = await world.agent('a');
    await decline(world, agent, { taskId });
    expect((await world.task(taskId)).status).toBe('QUEUED');
    await world.connect('again');
    await world.register({ registration: { name: 'a' }, connectionId: 'again' });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: agent.agentId });
  });

  it('ends a pinned task whose agent has no handler: nobody else can have it', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { taskTypes: ['read'] });
    const { taskId } = await world.submit({
      type: 'write',
      requirements: { agentId: agent.agentId },
      retry: { maxAttempts: 2 },
    });
    await decline(world, agent, { taskId });
    await decline(world, agent, { taskId });
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', error: { code: 'REJECTED' } });
  });

  it('does not let a task go round for ever among agents that forget', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 100 });
    const types = Array.from({ length: 11 }, (_, index) => `type-${index}`);
    for (const type of types) await world.submit({ type, retry: { maxAttempts: 1 } });
    for (let turns = 0; turns < 320; turns++) {
      const held = world.tasks().find(({ status }) => status === 'ASSIGNED');
      if (held !== undefined) await decline(world, agent, held);
      else await sweep(world.services);
    }
    expect(world.tasks().filter(({ status }) => status === 'ASSIGNED')).toEqual([]);
    expect(Math.max(...world.tasks().map(({ attempt }) => attempt))).toBeLessThanOrEqual(22);
  });

  it('is told by explain, with what would help', async () => {
    const world = createWorld();
    await world.agent('reader', { taskTypes: ['read', 'list'] });
    const silent = await world.agent('silent');
    const { taskId } = await world.submit({ type: 'write' });
    await decline(world, silent, { taskId });
    const { agents, wouldUnblock } = await explainTask(world.services, tenant, taskId);
    expect(Object.fromEntries(agents.map(({ name, whyNot, lacks }) => [name, [whyNot, lacks]]))).toEqual({
      reader: ['no_handler', ['no_handler: write; it does read, list']],
      silent: ['no_handler', ['no_handler: write; it declined one']],
    });
    expect(wouldUnblock).toEqual([expect.stringContaining('taskTypes')]);
  });
});
