import { describe, expect, it } from 'vitest';
import { UnavailableError } from '#core/errors/errors.ts';
import type { Principal } from '#core/identity/principal.ts';
import { progressTask } from '#core/tasks/note-progress.ts';
import { unwatch, watch } from '#core/watch/watch-topic.ts';
import { createWorld, owner, stranger, type World } from '../world.ts';

const seen = (world: World, connectionId = 'viewer') =>
  world.frames(connectionId, 'event').map(({ payload }) => payload['type']);

describe('watch', () => {
  it('shows a task as it stands and then each change, ever newer', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await watch(world.services, owner, { taskId }, 'viewer');
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 50, chunk: 'words' });
    await world.complete(agent, taskId);
    expect(seen(world)).toEqual(['task.state', 'task.progress', 'task.completed']);
    const events = world.frames('viewer', 'event').map(({ payload }) => payload);
    expect(events[1]?.['data']).toMatchObject({ percent: 50, chunk: 'words', status: 'RUNNING' });
    const numbers = events.map(({ seq }) => Number(seq));
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  });

  it('shows a task that has ended already as ended', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.complete(agent, taskId);
    await watch(world.services, owner, { taskId }, 'viewer');
    expect(seen(world)).toEqual(['task.completed']);
  });

  it('shows a run, its tasks and its end', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
    await watch(world.services, owner, { runId: run.runId }, 'viewer');
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0));
    const types = seen(world);
    expect(types[0]).toBe('run.state');
    expect(new Set(types.slice(1))).toEqual(new Set(['task.assigned', 'task.completed', 'run.completed']));
  });

  it('shows an agent as it stands and then what it works on', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    // Nobody watched when its first task came.
    const first = await world.submit();
    await watch(world.services, owner, { agentId: agent.agentId }, 'viewer');
    await world.complete(agent, first.taskId);
    const second = await world.submit();
    expect(seen(world)).toEqual(['agent.state', 'task.completed', 'task.assigned']);
    const [state, , assigned] = world.frames('viewer', 'event').map(({ payload }) => payload);
    expect(state).toMatchObject({ data: { state: 'running', freeSlots: 4, tasks: [first.taskId] } });
    expect(assigned).toMatchObject({ agentId: agent.agentId, taskId: second.taskId });
  });

  it('shows nobody what its role could not read otherwise', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
    const { taskId } = await world.submit();
    const working: Principal = { ...owner, role: 'agent' };
    for (const topic of [{ runId: run.runId }, { agentId: agent.agentId }])
      await expect(watch(world.services, working, topic, 'viewer')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(seen(world)).toEqual([]);
    await watch(world.services, working, { taskId }, 'viewer');
    expect(seen(world)).toEqual(['task.state']);
  });

  it('looks for the watchers of an agent that has none at most every 30 seconds', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 50 });
    let looks = 0;
    world.hooks.before = (operation) => {
      if (operation.name === 'query' && operation.request.partition.includes(`WATCH#${agent.agentId}`)) looks += 1;
    };
    for (let index = 0; index < 5; index++) await world.submit();
    expect(looks).toBe(1);
    world.advance(30_000);
    await world.submit();
    expect(looks).toBe(2);
  });

  it("knows nothing of another tenant's things, and shows nothing of them", async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
    for (const topic of [{ taskId }, { runId: run.runId }, { agentId: agent.agentId }])
      await expect(watch(world.services, stranger, topic, 'spy')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await world.complete(agent, taskId);
    expect(world.frames('spy')).toEqual([]);
  });

  it('stops when told, and when the socket is gone', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await watch(world.services, owner, { taskId }, 'gone');
    await watch(world.services, owner, { taskId }, 'viewer');
    await unwatch(world.services, owner, { taskId }, 'viewer');
    await unwatch(world.services, owner, { taskId }, 'viewer');
    world.ports.sockets.gone.add('gone');
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 1 });
    expect(seen(world)).toEqual(['task.state']);
    expect(world.ports.table.items().filter(({ pk }) => String(pk).includes('#WATCH#'))).toEqual([]);
  });

  it('never keeps a task from ending because a watcher cannot be reached', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await watch(world.services, owner, { taskId }, 'viewer');
    world.ports.sockets.post = async () => Promise.reject(new UnavailableError('The gateway'));
    await world.complete(agent, taskId);
    expect((await world.task(taskId)).status).toBe('SUCCEEDED');
  });
});
