import { describe, expect, it } from 'vitest';
import { heartbeat, released } from '#core/agents/heartbeat.ts';
import type { TaskError } from '#core/contract/task.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { failTask } from '#core/tasks/fail-task.ts';
import { acceptTask, progressTask } from '#core/tasks/note-progress.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { createWorld, type TestAgent, tenant, type World } from '../world.ts';

const fail = (world: World, agent: TestAgent, taskId: string, failureType: TaskError['failureType']) =>
  world.task(taskId).then(({ taskId: id, attempt }) =>
    failTask(world.services, agent, {
      taskId: id,
      attempt,
      error: { code: 'X', message: 'It did not work.', retryable: true, ...(failureType && { failureType }) },
      workState: { step: 2 },
    }),
  );

/** Two equal agents; the first has a task. */
const pair = async (submission: Parameters<World['submit']>[0] = {}) => {
  const world = createWorld();
  const first = await world.agent('a');
  const { taskId } = await world.submit({ retry: { backoffMs: 10_000 }, ...submission });
  const second = await world.agent('b');
  return { world, first, second, taskId };
};

describe('recovery by the kind of failure (FT-2)', () => {
  it('goes elsewhere at once after a timeout, with what was done so far', async () => {
    const { world, first, second, taskId } = await pair();
    await fail(world, first, taskId, 'timeout');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: second.agentId });
    const [assigned] = world.frames(second.connectionId, 'task.assigned');
    expect(assigned?.payload).toMatchObject({ task: { workState: { step: 2 } } });
    expect((await world.slots(first)).freeSlots).toBe(5);
  });

  it('waits for the backoff after a crash, goes elsewhere, and the breaker counts it', async () => {
    const { world, first, second, taskId } = await pair();
    await fail(world, first, taskId, 'crash');
    expect((await world.task(taskId)).status).toBe('PENDING');
    expect((await world.slots(first)).failuresInRow).toBe(1);
    world.advance(10_000);
    await world.fireTimers('due');
    expect(await world.task(taskId)).toMatchObject({ attempt: 2, agentId: second.agentId });
  });

  it('gives an agent that is short of resources one slot less until it is heard again', async () => {
    const { world, first, second, taskId } = await pair();
    await fail(world, first, taskId, 'resource_exhaustion');
    expect((await world.slots(first)).freeSlots).toBe(4);
    world.advance(10_000);
    await world.fireTimers('due');
    expect(await world.task(taskId)).toMatchObject({ attempt: 2, agentId: second.agentId });
    expect((await world.slots(first)).freeSlots, 'not by the next attempt').toBe(4);
    await heartbeat(world.services, first, first.connectionId, { tasks: [] });
    expect((await world.slots(first)).freeSlots).toBe(5);
  });

  it('gives an agent that is short of resources its slot back after a minute, heard or not', async () => {
    const { world, first, taskId } = await pair();
    await fail(world, first, taskId, 'resource_exhaustion');
    world.advance(59_999);
    await sweep(world.services);
    expect((await world.slots(first)).freeSlots).toBe(4);
    world.advance(1);
    await sweep(world.services);
    expect((await world.slots(first)).freeSlots).toBe(5);
  });

  it('asks the same agent first once its network is back, and another when it is not', async () => {
    const back = await pair();
    // By load alone the other would have it.
    await back.world.submit({ requirements: { agentId: back.first.agentId } });
    await fail(back.world, back.first, back.taskId, 'network_failure');
    back.world.advance(10_000);
    await back.world.fireTimers('due');
    expect(await back.world.task(back.taskId)).toMatchObject({ attempt: 2, agentId: back.first.agentId });

    const gone = await pair();
    await fail(gone.world, gone.first, gone.taskId, 'network_failure');
    gone.world.ports.sockets.gone.add(gone.first.connectionId);
    gone.world.advance(61_000);
    await heartbeat(gone.world.services, gone.second, gone.second.connectionId, { tasks: [] });
    await gone.world.fireTimers('due');
    expect(await gone.world.task(gone.taskId)).toMatchObject({ attempt: 2, agentId: gone.second.agentId });
  });
});

describe('attemptTimeoutSeconds', () => {
  it('takes an attempt that lasts too long from its agent, which lets go, and gives the last work state to another', async () => {
    const { world, first, second, taskId } = await pair({ attemptTimeoutSeconds: 20 });
    await acceptTask(world.services, first, { taskId, attempt: 1 });
    await progressTask(world.services, first, { taskId, attempt: 1, percent: 40, workState: { page: 4 } });
    expect(world.frames(first.connectionId, 'task.assigned')[0]?.payload['attemptDeadline']).toBe(
      world.ports.clock.now() + 20_000,
    );
    world.advance(20_000);
    await world.fireTimers('attempt');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2, agentId: second.agentId });
    expect(world.frames(second.connectionId, 'task.assigned')[0]?.payload).toMatchObject({
      task: { workState: { page: 4 } },
    });
    expect(world.frames(first.connectionId, 'task.cancel')[0]?.payload).toMatchObject({ taskId, attempt: 1 });
    expect((await world.slots(first)).freeSlots, 'it has not let go').toBe(4);
    await released(world.services, first, { taskId, attempt: 1 });
    expect((await world.slots(first)).freeSlots).toBe(5);
  });

  it('is seen by the sweep when the timer is lost, and counts from each assignment', async () => {
    const { world, first, second, taskId } = await pair({ attemptTimeoutSeconds: 120 });
    world.ports.queues.timers.splice(0);
    world.advance(60_000);
    await sweep(world.services);
    expect((await world.task(taskId)).attempt, 'half of it').toBe(1);
    const alive = async (): Promise<void> => {
      const { attempt } = await world.task(taskId);
      for (const agent of [first, second])
        await heartbeat(world.services, agent, agent.connectionId, { tasks: [{ taskId, attempt }] });
    };
    world.advance(60_000);
    await alive();
    await sweep(world.services);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 2 });
    world.advance(60_000);
    await alive();
    await sweep(world.services);
    expect((await world.task(taskId)).attempt).toBe(2);
  });

  it('leaves a later attempt alone, and one that has ended', async () => {
    const { world, first, second, taskId } = await pair({ attemptTimeoutSeconds: 20 });
    await fail(world, first, taskId, 'timeout');
    world.advance(20_000 - 1);
    await world.fireTimers('attempt');
    expect(await world.task(taskId)).toMatchObject({ attempt: 2, status: 'ASSIGNED' });
    expect(await world.fireTimers('attempt'), 'set again: it came early').toBeGreaterThan(0);
    await world.complete(second, taskId);
    world.advance(60_000);
    await world.fireTimers('attempt');
    expect((await world.task(taskId)).status).toBe('SUCCEEDED');
  });

  it('ends the task when no attempt is left', async () => {
    const { world, taskId } = await pair({ attemptTimeoutSeconds: 20, retry: { maxAttempts: 1 } });
    world.advance(20_000);
    await world.fireTimers('attempt');
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', error: { code: 'ATTEMPT_TIMEOUT' } });
  });
});

describe('attempts of a task (TSK-11)', () => {
  it('says who tried what, when, and why it ended', async () => {
    const { world, first, second, taskId } = await pair();
    const at = world.ports.clock.now();
    world.advance(1000);
    await fail(world, first, taskId, 'timeout');
    world.advance(1000);
    await acceptTask(world.services, second, { taskId, attempt: 2 });
    expect((await readTaskView(world.services, tenant, taskId)).attempts?.at(-1)).toMatchObject({
      attempt: 2,
      outcome: 'running',
    });
    await world.complete(second, taskId);
    expect((await readTaskView(world.services, tenant, taskId)).attempts).toMatchObject([
      {
        attempt: 1,
        agentId: first.agentId,
        agentName: 'a',
        assignedAt: at,
        endedAt: at + 1000,
        outcome: 'failed',
        error: { code: 'X', message: 'It did not work.' },
      },
      { attempt: 2, agentId: second.agentId, startedAt: at + 2000, endedAt: at + 2000, outcome: 'succeeded' },
    ]);
  });

  it('keeps every try, and a long message only of the last', async () => {
    const world = createWorld();
    // More than one, because a breaker opens after five failures in a row.
    const agents = await Promise.all(Array.from({ length: 10 }, (_, index) => world.agent(`a${index}`)));
    const { taskId } = await world.submit({ retry: { maxAttempts: 20, backoffMs: 0 } });
    const message = 'm'.repeat(4000);
    const error = { code: 'X', message, retryable: true };
    for (let attempt = 1; attempt <= 20; attempt++) {
      const { agentId } = await world.task(taskId);
      const holder = agents.find((agent) => agent.agentId === agentId);
      if (holder !== undefined) await failTask(world.services, holder, { taskId, attempt, error });
    }
    const { attempts = [], error: last } = await readTaskView(world.services, tenant, taskId);
    expect(attempts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(attempts.map(({ error: why }) => why?.message.length)).toEqual([...Array(19).fill(200), 4000]);
    expect(last?.message).toBe(message);
  });

  it('has none before the first', async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    expect((await readTaskView(world.services, tenant, taskId)).attempts).toEqual([]);
  });
});
