import { describe, expect, it } from 'vitest';
import { relayItem } from '#core/relay/relay-item.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { createWorld, type World } from '../world.ts';

/** Hands every item to the relay, as the stream does after each of its writes. */
const relayAll = async (world: World): Promise<void> => {
  for (const item of world.ports.table.items().filter(({ sk }) => /^(TASK|RUN|STAGE#)/.test(String(sk))))
    await relayItem(world.services, item);
};
const once = { mode: 'parallel' as const, name: 'p', tasks: [{ id: 'x', type: 'work' }] };

describe('relayItem', () => {
  it('publishes the end of a task that asked for it, and of no other', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const asked = await world.submit({ publishEvent: true });
    const silent = await world.submit();
    await relayAll(world);
    expect(world.ports.events.published).toEqual([]);
    for (const { taskId } of [asked, silent]) await world.complete(agent, taskId, 'out');
    await relayAll(world);
    expect(world.ports.events.published).toMatchObject([
      {
        detailType: 'TaskCompleted',
        detail: { tenant: 'acme', taskId: asked.taskId, status: 'SUCCEEDED', output: 'out' },
      },
    ]);
  });

  it('publishes the end of a run', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(once, { in: 1 });
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0), 'out');
    await relayAll(world);
    const ended = { runId: run.runId, status: 'SUCCEEDED', output: 'out', workflow: 'p' };
    expect(world.ports.events.published).toMatchObject([
      { detailType: 'StateChanged', detail: ended },
      { detailType: 'RunCompleted', detail: ended },
    ]);
  });

  it.each(['remove', 'update', 'query'] as const)(
    'decides the stage of a member whose handler died at a %s',
    async (at) => {
      const world = createWorld();
      const agent = await world.agent('a');
      const run = await world.start(once);
      await world.enterStage(run, 0);
      const taskId = world.memberId(0, 0);
      // Everything after the task's own end fails.
      let hasEnded = false;
      world.hooks.before = (operation) => {
        if (hasEnded && operation.name === at) throw new Error('killed');
      };
      world.hooks.after = (operation) => {
        if (operation.name === 'update' && operation.key.sk === 'TASK') hasEnded = true;
      };
      await expect(completeTask(world.services, agent, { taskId, attempt: 1, output: 1 })).rejects.toThrow('killed');
      world.hooks.before = () => {};
      world.hooks.after = () => {};
      await relayAll(world);
      expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
      expect(world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    },
  );

  it('changes nothing when it brings everything about again', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({ ...once, tasks: [...once.tasks, { id: 'y', type: 'work' }], completion: 'any' });
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0), 'out');
    await world.drainTasks();
    await relayAll(world);
    const before = world.ports.table.items();
    const answers = structuredClone([...world.ports.executions.answers]);
    await relayAll(world);
    expect(world.ports.table.items()).toEqual(before);
    expect([...world.ports.executions.answers]).toEqual(answers);
    const ids = world.ports.events.published.map(({ detail }) => detail['runId']);
    expect(new Set(ids).size).toBe(1);
  });

  it('counts a token that nobody waits for as answered (fault 14)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(once);
    await world.enterStage(run, 0);
    world.ports.executions.goneTokens.add('token-0');
    await world.complete(agent, world.memberId(0, 0));
    await relayAll(world);
    const stage = world.ports.table.items().find(({ sk }) => sk === 'STAGE#0000');
    expect(stage).toMatchObject({ status: 'DECIDED' });
    expect(stage?.['outbox']).toBeUndefined();
  });
});
