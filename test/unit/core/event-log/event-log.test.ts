import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventPage } from '#core/contract/event-log.ts';
import { RunId, TaskId } from '#core/contract/ids.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { ItemChange } from '#core/event-log/event-of-change.ts';
import { followLog, type Subject } from '#core/event-log/follow-log.ts';
import { logChange } from '#core/event-log/log-change.ts';
import { openRunLog, openTaskLog } from '#core/event-log/open-log.ts';
import type { Services } from '#core/services.ts';
import { acceptTask, progressTask } from '#core/tasks/note-progress.ts';
import { watch } from '#core/watch/watch-topic.ts';
import { streamChanges } from '#test/support/change-stream.ts';
import { createWorld, owner, stranger, tenant, type World } from '../world.ts';

/** A world whose stream has not been read yet. */
const withStream = (): { world: World; changes: ItemChange[]; deliver: () => Promise<void> } => {
  const world = createWorld();
  const changes = streamChanges(world.services);
  const deliver = async (): Promise<void> => {
    for (let next = changes.shift(); next !== undefined; next = changes.shift()) await logChange(world.services, next);
  };
  return { world, changes, deliver };
};

const never = async (): Promise<void> => {
  throw new Error('there was nothing to wait for');
};

const look = (services: Services, subject: Subject, cursor = 0, limit = 100): Promise<EventPage> =>
  followLog(services, owner, subject, { query: { cursor, limit, untilMs: 0 }, pause: never });

const types = ({ items }: EventPage): readonly string[] => items.map(({ type }) => type);

/** A task with two attempts and some words in between, followed from its submit on. */
const twoAttempts = async ({ world, deliver }: ReturnType<typeof withStream>) => {
  const agent = await world.agent('a');
  const { taskId } = await world.submit({ retry: { backoffMs: 0 } });
  await openTaskLog(world.services, tenant, taskId);
  await acceptTask(world.services, agent, { taskId, attempt: 1 });
  await progressTask(world.services, agent, { taskId, attempt: 1, percent: 40, milestone: 'half' });
  await world.fail(agent, taskId);
  await world.fireTimers();
  await world.complete(agent, taskId);
  await deliver();
  return taskId;
};

describe('the log of a task', () => {
  it('is not kept, and costs nothing, unless somebody asks for it', async () => {
    const { world, changes } = withStream();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.complete(agent, taskId);
    const logged = changes.filter(({ after }) => 'taskLog' in after || 'runLog' in after);
    expect(logged).toEqual([]);
    expect(world.ports.table.items().filter(({ pk }) => String(pk).includes('#LOG'))).toEqual([]);
  });

  it('tells how the task stands and then all that happens to it, each with the next number', async () => {
    const stream = withStream();
    const taskId = await twoAttempts(stream);
    const page = await look(stream.world.services, { taskId });
    expect(types(page)).toEqual([
      'task.state',
      'task.started',
      'task.progress',
      'task.retrying',
      'task.assigned',
      'task.completed',
    ]);
    const [first = 0, ...rest] = page.items.map(({ seq }) => seq);
    expect(rest).toEqual(rest.map((_seq, index) => first + 1 + index));
    expect(page).toMatchObject({ cursor: String(rest.at(-1)), isOver: true });
    expect(page.items[2]?.data).toMatchObject({ percent: 40, milestone: 'half', status: 'RUNNING' });
    expect(page.items[5]?.data).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  });

  it('gives a client that comes back with its cursor exactly what it missed, wherever it was cut off', async () => {
    const stream = withStream();
    const taskId = await twoAttempts(stream);
    const { items } = await look(stream.world.services, { taskId });
    for (const [index, { seq }] of items.entries()) {
      const page = await look(stream.world.services, { taskId }, seq);
      expect(page.items).toEqual(items.slice(index + 1));
    }
  });

  it('is told from the first day where it was there from the first day', async () => {
    const { world, deliver } = withStream();
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
    await openRunLog(world.services, tenant, run.runId);
    await world.enterStage(run, 0);
    const agent = await world.agent('a');
    await world.complete(agent, world.memberId(0, 0));
    await deliver();
    const page = await look(world.services, { runId: run.runId });
    expect(types(page).filter((type) => type.startsWith('task.'))).toEqual([
      'task.queued',
      'task.assigned',
      'task.completed',
    ]);
  });

  it('holds up what comes after something that is not written yet', async () => {
    const stream = withStream();
    const { world, changes, deliver } = stream;
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await openTaskLog(world.services, tenant, taskId);
    await acceptTask(world.services, agent, { taskId, attempt: 1 });
    await world.complete(agent, taskId);
    const isStarted = ({ after }: ItemChange): boolean =>
      after['startedAt'] !== undefined && after['endedAt'] === undefined;
    const [late] = changes.splice(changes.findIndex(isStarted), 1);
    await deliver();
    expect(types(await look(world.services, { taskId }))).toEqual(['task.state']);
    if (late !== undefined) await logChange(world.services, late);
    expect(types(await look(world.services, { taskId }))).toEqual(['task.state', 'task.started', 'task.completed']);
  });

  it('waits for what comes, no longer than asked, and not at all once the task is over', async () => {
    const { world, deliver } = withStream();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await openTaskLog(world.services, tenant, taskId);
    await deliver();
    const cursor = Number((await look(world.services, { taskId })).cursor);
    const began = world.ports.clock.now();
    const untilMs = began + 20_000;
    const waiting = (pause: (ms: number) => Promise<void>) =>
      followLog(world.services, owner, { taskId }, { query: { cursor, limit: 10, untilMs }, pause });
    const idle = await waiting(async (ms) => world.advance(ms));
    expect(idle).toEqual({ items: [], cursor: String(cursor), isOver: false });
    expect(world.ports.clock.now() - began).toBeGreaterThan(18_000);
    expect(world.ports.clock.now()).toBeLessThanOrEqual(untilMs);
    world.ports.clock.advance(began - world.ports.clock.now());
    let pauses = 0;
    const told = await waiting(async () => {
      pauses += 1;
      if (pauses === 3) await world.complete(agent, taskId).then(deliver);
    });
    expect(told).toMatchObject({ items: [{ type: 'task.completed' }], isOver: true });
    expect(await look(world.services, { taskId }, Number(told.cursor))).toMatchObject({ items: [], isOver: true });
  });

  it('is another tenant’s to see as little as the task', async () => {
    const { world } = withStream();
    const { taskId } = await world.submit();
    const query = { cursor: 0, limit: 10, untilMs: 0 };
    const refusal = (subject: Subject) =>
      expect(followLog(world.services, stranger, subject, { query, pause: never })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    await refusal({ taskId });
    await refusal({ taskId: TaskId.parse('tsk_00000000-0000-7000-8000-000000000000') });
    await refusal({ runId: RunId.parse('run_00000000-0000-7000-8000-000000000000') });
  });
});

const fan = (count: number) => ({
  mode: 'parallel' as const,
  name: 'fan',
  maxParallelAgents: 3,
  tasks: Array.from({ length: count }, (_, index) => ({ id: `t${index}`, type: 'work' })),
});

/** A run of many tasks, followed from the moment that `open` chooses, with what the stream has of it. */
const followedRun = async (count = 6) => {
  const stream = withStream();
  const { world } = stream;
  const agent = await world.agent('a', { maxConcurrency: 10 });
  const run = await world.start(fan(count));
  await world.enterStage(run, 0);
  await openRunLog(world.services, tenant, run.runId);
  for (let index = 0; index < count; index++) await world.complete(agent, world.memberId(0, index));
  return { ...stream, runId: run.runId };
};

/** Every change is there once, and those of one item in their order. */
const expectWhole = (page: EventPage, world: World): void => {
  expect(page.items.map(({ seq }) => seq)).toEqual(page.items.map((_event, index) => index + 1));
  const entries = world.ports.table
    .items()
    .filter(({ pk }) => String(pk).includes('#LOG#run_'))
    .map(({ change }) => String(change));
  expect(new Set(entries).size).toBe(entries.length);
  const revOf = (change: string): number => Number(change.split('#')[1]);
  for (const task of world.tasks()) {
    const own = entries.filter((change) => change.startsWith(task.taskId)).map(revOf);
    const [first = 0] = own;
    expect(own).toEqual(Array.from({ length: own.length }, (_, index) => first + index));
    expect(own.at(-1)).toBe(task.rev);
  }
};

describe('the log of a run', () => {
  it('tells of the run and its tasks, one number after the other', async () => {
    const { world, deliver, runId } = await followedRun();
    await deliver();
    const page = await look(world.services, { runId });
    expectWhole(page, world);
    expect(types(page).filter((type) => type === 'task.completed')).toHaveLength(6);
    expect(types(page)).toContain('run.completed');
    expect(page.items.every((event) => event.runId === runId)).toBe(true);
  });

  it('has everything once and in order whatever fails on the way, and however often it is handed over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 }), async (faults) => {
        const { world, changes, runId } = await followedRun(3);
        const { table } = world.services;
        let calls = 0;
        const failing: Services = {
          ...world.services,
          table: {
            ...table,
            put: async (request) => {
              const fault = faults[calls % faults.length];
              calls += 1;
              if (calls < 200 && fault === 1) throw new UnavailableError('table');
              const written = await table.put(request);
              if (calls < 200 && fault === 2) throw new UnavailableError('table');
              return written;
            },
          },
        };
        for (const change of changes.splice(0)) {
          const again = async (): Promise<void> => logChange(failing, change).catch(again);
          await again();
          if (faults[calls % faults.length] === 3) await again();
        }
        const page = await look(world.services, { runId });
        expectWhole(page, world);
        expect(types(page).filter((type) => type === 'task.completed')).toHaveLength(3);
      }),
      { numRuns: 60 },
    );
  });

  it('loses nothing when changes of many tasks are written at once', async () => {
    const { world, changes, runId } = await followedRun(8);
    const byItem = Map.groupBy(changes.splice(0), ({ after }) => String(after['pk']));
    await Promise.all(
      [...byItem.values()].map(async (own) => {
        for (const change of own) await logChange(world.services, change);
      }),
    );
    const page = await look(world.services, { runId });
    expectWhole(page, world);
    expect(types(page).filter((type) => type === 'task.completed')).toHaveLength(8);
  });

  it.each([
    ['parallel', fan(4)],
    [
      'dag',
      {
        mode: 'dag' as const,
        name: 'graph',
        nodes: ['a', 'b', 'c'].map((id, index) => ({ id, type: 'work', dependsOn: index === 2 ? ['a'] : [] })),
      },
    ],
  ])('has the tasks that come to be while somebody asks for it: %s', async (_mode, definition) => {
    // At each write of the stage's creation in turn, somebody asks for the log just before it.
    for (let at = 0; at < 40; at++) {
      const { world, deliver } = withStream();
      const agent = await world.agent('a', { maxConcurrency: 10 });
      const run = await world.start(definition);
      let writes = 0;
      world.hooks.before = async ({ name }) => {
        if (name !== 'put' && name !== 'update') return;
        writes += 1;
        if (writes !== at + 1) return;
        await openRunLog(world.services, tenant, run.runId);
      };
      await world.enterStage(run, 0);
      world.hooks.before = () => undefined;
      await openRunLog(world.services, tenant, run.runId);
      const working = () => world.tasks().filter(({ status }) => status === 'ASSIGNED');
      for (let [next] = working(); next !== undefined; [next] = working()) await world.complete(agent, next.taskId);
      await deliver();
      const page = await look(world.services, { runId: run.runId });
      expectWhole(page, world);
      const ended = page.items.filter(({ type }) => type === 'task.completed').map(({ taskId }) => taskId);
      expect(new Set(ended)).toEqual(new Set(world.tasks().map(({ taskId }) => taskId)));
    }
  });
});

describe('a socket that follows with a cursor', () => {
  const heard = (world: World, connectionId: string) =>
    world.frames(connectionId, 'event').map(({ payload }) => Number(payload['seq']));

  it('is shown what is there and then what comes; another one that comes back later, exactly the rest', async () => {
    const { world, deliver, changes, runId } = await followedRun();
    const rest = changes.splice(-8);
    await deliver();
    await world.connect('first');
    await watch(world.services, owner, { runId, cursor: 0 }, 'first');
    const had = heard(world, 'first');
    changes.push(...rest);
    await deliver();
    const all = heard(world, 'first');
    expect(all).toEqual(all.map((_seq, index) => index + 1));
    expect(all.length).toBeGreaterThan(had.length);
    expect(all).toEqual((await look(world.services, { runId })).items.map(({ seq }) => seq));
    await world.connect('second');
    await watch(world.services, owner, { runId, cursor: 5 }, 'second');
    expect(heard(world, 'second')).toEqual(all.slice(5));
  });

  it('is not told by hints as well', async () => {
    const { world, deliver } = withStream();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.connect('viewer');
    await watch(world.services, owner, { taskId, cursor: 0 }, 'viewer');
    await world.complete(agent, taskId);
    expect(heard(world, 'viewer')).toEqual([]);
    await deliver();
    expect(heard(world, 'viewer')).toHaveLength(2);
  });
});
