import { describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { createChunk, createStage } from '#core/stages/create-stage.ts';
import { repairStage } from '#core/stages/join-stage.ts';
import { readStage, Stage } from '#core/stages/stage.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { set } from '#core/table/conditions.ts';
import { memberTaskId } from '#core/tasks/new-task.ts';
import { voidTask } from '#core/tasks/task-writes.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

const tasksOf = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `t${index}`, type: 'work' }));
const parallel = (count: number, more: Record<string, unknown> = {}) => ({
  mode: 'parallel' as const,
  name: 'p',
  tasks: tasksOf(count),
  ...more,
});
const openTasks = (world: World) => world.members(0).filter(({ status }) => /PENDING|QUEUED|ASSIGNED/.test(status));
const answerOf = (world: World, token = 'token-0') => world.ports.executions.answers.get(token);
const statuses = (world: World) => world.members(0).map(({ status }) => status);

/** Lets every assigned member succeed until none is assigned; returns the most that worked at once. */
const workAll = async (world: World, agent: TestAgent): Promise<number> => {
  let most = 0;
  for (;;) {
    const working = world.members(0).filter(({ status }) => status === 'ASSIGNED');
    most = Math.max(most, working.length);
    const [next] = working;
    if (next === undefined) return most;
    await world.complete(agent, next.taskId, next.place?.index ?? null);
    await world.drainTasks();
  }
};

describe('createStage', () => {
  it('creates each task once, however often the message comes (fault 1)', async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 2 });
    const run = await world.start(parallel(4));
    await world.enterStage(run, 0);
    await Promise.all([world.enterStage(run, 0), world.enterStage(run, 0)]);
    expect(statuses(world).toSorted()).toEqual(['ASSIGNED', 'ASSIGNED', 'QUEUED', 'QUEUED']);
    expect(world.frames('socket-a', 'task.assigned')).toHaveLength(2);
    world.expectBooksToBalance();
  });

  it('joins again the members that had ended when the message came once more', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(parallel(2));
    await world.enterStage(run, 0);
    const [first, second] = [world.memberId(0, 0), world.memberId(0, 1)];
    await world.complete(agent, first);
    await world.enterStage(run, 0);
    await world.complete(agent, second);
    expect(answerOf(world)).toMatchObject({
      output: { outcome: 'SUCCEEDED', counts: { total: 2, open: 0, succeeded: 2 } },
    });
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
  });

  it('answers the newest token of a stage that was entered twice', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(parallel(1));
    await world.enterStage(run, 0, 'lost');
    world.ports.executions.goneTokens.add('lost');
    await world.enterStage(run, 0, 'new');
    await workAll(world, agent);
    expect(answerOf(world, 'new')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    await world.enterStage(run, 0, 'newer');
    expect(answerOf(world, 'newer')).toBeDefined();
  });

  it('lets no more members work at once than the workflow allows, and all of them in the end', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 50 });
    const run = await world.start(parallel(9, { maxParallelAgents: 2 }));
    await world.enterStage(run, 0);
    expect(statuses(world).filter((status) => status === 'PENDING')).toHaveLength(7);
    expect(await workAll(world, agent)).toBe(2);
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
    world.expectBooksToBalance();
  });

  it('spreads a stage evenly over agents with room for several, also over chunks and a release of many', async () => {
    const world = createWorld();
    const agents = await Promise.all(
      Array.from({ length: 10 }, (_, index) => world.agent(`a${index}`, { maxConcurrency: 5 })),
    );
    const loads = async () =>
      (await Promise.all(agents.map((agent) => world.slots(agent)))).map((s) => 5 - s.freeSlots);
    const run = await world.start(parallel(30, { maxParallelAgents: 30 }));
    await world.enterStage(run, 0);
    await world.drainTasks();
    expect(await loads()).toEqual(agents.map(() => 3));
    const fan = { mode: 'dag' as const, name: 'fan', maxParallelAgents: 30, nodes: [] };
    const nodes = [{ id: 'root', type: 'work' }, ...tasksOf(20).map((node) => ({ ...node, dependsOn: ['root'] }))];
    const flow = await world.start({ ...fan, nodes }, null, 'fan');
    await world.enterStage(flow, 0, 'fan');
    const root = world.tasks().find(({ place }) => place?.step === 'root');
    const holder = agents.find(({ agentId }) => agentId === root?.agentId);
    if (root === undefined || holder === undefined) throw new Error('nobody has the root');
    await world.complete(holder, root.taskId);
    await world.drainTasks();
    expect(await loads()).toEqual(agents.map(() => 5));
    world.expectBooksToBalance();
  });

  it('lets one go for each that ends, however many end at once, and few are tried in vain', async () => {
    const world = createWorld();
    const agents = await Promise.all(
      Array.from({ length: 10 }, (_, index) => world.agent(`a${index}`, { maxConcurrency: 1 })),
    );
    const run = await world.start(parallel(30, { maxParallelAgents: 10 }));
    await world.enterStage(run, 0);
    await world.drainTasks();
    let tries = 0;
    world.hooks.before = (operation) => {
      if (operation.name === 'update' && Object.hasOwn(operation.request.clauses, 'notYet')) tries += 1;
    };
    const working = () => world.members(0).filter(({ status }) => status === 'ASSIGNED');
    for (const left of [20, 10, 0]) {
      const now = working();
      expect(now).toHaveLength(10);
      await Promise.all(
        now.map(async (task) => {
          const holder = agents.find(({ agentId }) => agentId === task.agentId);
          if (holder !== undefined) await world.complete(holder, task.taskId, task.place?.index ?? null);
        }),
      );
      expect(world.members(0).filter(({ status }) => status === 'PENDING')).toHaveLength(Math.max(0, left - 10));
    }
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
    // Twenty are let go; each of ten trying all that there is room for would make it some two hundred.
    expect(tries).toBeLessThan(60);
    world.expectBooksToBalance();
  });

  it('starts a member’s clock when its turn comes', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const tasks = tasksOf(2).map((task) => ({ ...task, timeoutSeconds: 100 }));
    const run = await world.start({ ...parallel(2), tasks, maxParallelAgents: 1 });
    await world.enterStage(run, 0);
    world.advance(90_000);
    const [first, second] = [world.memberId(0, 0), world.memberId(0, 1)];
    await world.complete(agent, first);
    // Silent for 90 s, so the second is queued; its clock runs from now.
    expect(await world.task(second)).toMatchObject({ deadlineAt: world.ports.clock.now() + 100_000 });
  });

  it('spreads a stage of sixty over chunks that may come twice and in any order', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 100 });
    const run = await world.start(parallel(60, { maxParallelAgents: 30 }));
    await world.enterStage(run, 0);
    const chunks = world.ports.queues.tasks.splice(0).map(({ message }) => message);
    expect(chunks.map((message) => message.kind)).toEqual(['chunk', 'chunk', 'chunk']);
    for (const message of [...chunks.toReversed(), ...chunks]) {
      if (message.kind === 'chunk') await createChunk(world.services, message);
    }
    expect(world.members(0)).toHaveLength(60);
    expect(await workAll(world, agent)).toBe(30);
    expect(answerOf(world)).toMatchObject({ output: { counts: { total: 60, succeeded: 60 } } });
    world.expectBooksToBalance();
  });

  it('fails the run when what its chunks are made from expires between them', async () => {
    const world = createWorld();
    await world.agent('a');
    const tasks = [{ id: 'each', type: 'work', forEach: '{{ input.list }}' }];
    const input = { list: Array.from({ length: 60 }, () => 1), large: 'x'.repeat(32 * 1024) };
    const run = await world.start({ ...parallel(0), tasks }, input);
    await world.enterStage(run, 0);
    const last = world.ports.queues.tasks.splice(2);
    await world.drainTasks();
    world.ports.payloads.stored.clear();
    world.ports.queues.tasks.push(...last);
    await world.drainTasks();
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED', error: { code: 'NOT_FOUND' } });
    expect(new Set(statuses(world))).toEqual(new Set(['CANCELLED']));
  });

  it('succeeds at once with nothing to do', async () => {
    const world = createWorld();
    const tasks = [{ id: 'each', type: 'work', forEach: '{{ input }}' }];
    const run = await world.start({ ...parallel(0), tasks }, []);
    await world.enterStage(run, 0);
    expect(answerOf(world)).toMatchObject({ output: { outcome: 'SUCCEEDED', counts: { total: 0 } } });
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: [] });
  });

  it.each([
    ['no list', { not: 'a list' }, /not a list/],
    ['a list that is too long', Array.from({ length: 1001 }, () => 1), /at most 1000/],
  ])('fails the run with the reason when forEach names %s', async (_what, input, reason) => {
    const world = createWorld();
    const tasks = [{ id: 'each', type: 'work', forEach: '{{ input }}' }];
    const run = await world.start({ ...parallel(0), tasks }, input);
    await world.enterStage(run, 0);
    expect(await world.run(run.runId)).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringMatching(reason) },
    });
    expect(answerOf(world)).toMatchObject({ error: 'StageFailed' });
    expect(world.tasks()).toEqual([]);
  });

  it('refuses a stage of a run that is over', async () => {
    const world = createWorld();
    const run = await world.start(parallel(1));
    await cancelRun(world.services, owner, run.runId, 'no');
    await world.enterStage(run, 0);
    expect(answerOf(world)).toMatchObject({ error: 'RunNotLive' });
    expect(world.tasks()).toEqual([]);
  });

  it('creates a member whose id carries the mark that a sweep left', async () => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start(parallel(1));
    const taskId = memberTaskId(tenant, run.runId, 0, 0);
    await world.ports.table.put(voidTask({ tenant, taskId }, 0, 9_999_999_999));
    await world.enterStage(run, 0);
    expect(statuses(world)).toEqual(['ASSIGNED']);
    world.expectBooksToBalance();
  });

  it.each([1, 3, 12])('takes along what it creates after its run was cancelled, %i working at once', async (atOnce) => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start(parallel(12, { maxParallelAgents: atOnce }));
    world.hooks.before = async (operation) => {
      if (operation.name !== 'put' || operation.key.sk !== 'TASK') return;
      delete world.hooks.before;
      await cancelRun(world.environment(), owner, run.runId, 'no');
    };
    await world.enterStage(run, 0);
    expect((await world.run(run.runId)).status).toBe('CANCELLED');
    // Those that had not come to be yet never do.
    expect(statuses(world).filter((status) => status !== 'CANCELLED')).toEqual([]);
    expect(world.ports.table.items().filter(({ sk }) => String(sk).startsWith('OPEN#'))).toEqual([]);
    world.expectBooksToBalance();
  });

  it('makes nothing any more, wherever its creator died, once its run was cancelled', async () => {
    for (let at = 1; at <= 12; at++) {
      const world = createWorld();
      await world.agent('a');
      const run = await world.start(parallel(3, { maxParallelAgents: 2 }));
      let writes = 0;
      world.hooks.before = async (operation) => {
        if (operation.name === 'get' || operation.name === 'query' || ++writes !== at) return;
        delete world.hooks.before;
        await cancelRun(world.environment(), owner, run.runId, 'no');
        // The creator goes on from here, and dies before it looks at the run again.
        world.hooks.before = (next) => {
          if (next.name === 'get' && next.key.sk === 'RUN') throw new Error('killed');
        };
      };
      await world.enterStage(run, 0).catch(() => undefined);
      delete world.hooks.before;
      if ((await world.run(run.runId)).status === 'RUNNING') continue;
      world.advance(120_000);
      await sweep(world.services);
      expect(openTasks(world), `cancelled before write ${at}`).toEqual([]);
      world.expectBooksToBalance();
    }
  });

  it.each([
    [20, []],
    [60, [0, 25, 50]],
  ])(
    'leaves none of %i open that it made before it died, when the run had ended before and its stage was closed since',
    async (count, chunks) => {
      const world = createWorld();
      const run = await world.start(parallel(count));
      let [hasEnded, made] = [false, 0];
      world.hooks.before = async (operation) => {
        if (operation.name !== 'put') return;
        // The run ends between the look at it and its stage: there is nothing to close yet.
        if (operation.key.sk.startsWith('STAGE#') && !hasEnded) {
          hasEnded = true;
          await cancelRun(world.services, owner, run.runId, 'enough');
        }
        if (operation.key.sk === 'TASK' && ++made === 15) throw new UnavailableError('the table');
      };
      const message = { kind: 'stage' as const, tenant, runId: run.runId, stage: 0, taskToken: 'token-0' };
      const enter = async () => {
        await createStage(world.services, message);
        await world.drainTasks();
      };
      await expect(enter()).rejects.toBeInstanceOf(UnavailableError);
      expect((await world.run(run.runId)).status).toBe('CANCELLED');
      expect(openTasks(world).length).toBeGreaterThan(0);
      // Whoever cancelled had found the stage as well, closed it and died.
      const key = keys.stage(tenant, run.runId, 0);
      await world.ports.table.update({
        key,
        set: [set('status', 'DECIDED')],
        remove: [['sweepKey'], ['sweepSort']],
        clauses: {},
      });
      await createStage(world.services, message);
      for (const from of chunks) await createChunk(world.services, { ...message, kind: 'chunk', from, to: from + 25 });
      expect(openTasks(world)).toEqual([]);
    },
  );

  it('takes along what it creates after its stage was decided', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 50 });
    const run = await world.start(parallel(15, { completion: 'any', maxParallelAgents: 2 }));
    let puts = 0;
    world.hooks.before = async (operation) => {
      if (operation.name !== 'put' || operation.key.sk !== 'TASK' || ++puts !== 11) return;
      delete world.hooks.before;
      const [first] = world.members(0).filter(({ status }) => status === 'ASSIGNED');
      if (first !== undefined) await world.complete(agent, first.taskId);
      await world.drainTasks();
    };
    await world.enterStage(run, 0);
    expect(
      statuses(world).filter((status) => status === 'PENDING' || status === 'QUEUED' || status === 'ASSIGNED'),
    ).toEqual([]);
  });
});

describe('joinStage', () => {
  const outcomes = async (completion: unknown, ends: string): Promise<unknown> => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 50 });
    const run = await world.start(parallel(5, { completion }));
    await world.enterStage(run, 0);
    for (const [index, end] of ends.split('').entries()) {
      const taskId = world.memberId(0, index);
      if (end === '+') await world.complete(agent, taskId);
      if (end === '-') await world.fail(agent, taskId, { retryable: false });
    }
    const decided = (await readStage(world.services, tenant, run.runId, 0))?.result;
    await world.drainTasks();
    if (decided !== undefined) expect(statuses(world).filter((status) => status === 'ASSIGNED')).toEqual([]);
    return decided === undefined ? 'open' : `${decided.outcome} ${(await world.run(run.runId)).status}`;
  };
  const [won, lost] = ['SUCCEEDED SUCCEEDED', 'FAILED FAILED'];

  it.each([
    ['all', '++++', 'open'],
    ['all', '+++++', won],
    ['all', '+-', lost],
    ['any', '----', 'open'],
    ['any', '-+', won],
    ['any', '-----', lost],
    ['majority', '++--', 'open'],
    ['majority', '+++', won],
    ['majority', '---', lost],
    [{ threshold: 2 }, '+---', 'open'],
    [{ threshold: 2 }, '+-+', won],
    [{ threshold: 4 }, '--', lost],
  ])('decides %j after %s: %s', async (completion, ends, expected) =>
    expect(await outcomes(completion, ends)).toBe(expected),
  );

  it('decides once when the last two results come at once (fault 19)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(parallel(2));
    await world.enterStage(run, 0);
    await Promise.all(world.members(0).map(({ taskId }) => world.complete(agent, taskId)));
    const published = world.ports.table.items().filter(({ sk }) => sk === 'STAGE#0000');
    expect(published).toMatchObject([{ status: 'DECIDED', result: { counts: { succeeded: 2, open: 0 } } }]);
    expect(world.ports.executions.answers.size).toBe(1);
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
  });

  it('counts a timed out and a cancelled member as failed', async () => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start({
      ...parallel(2),
      tasks: tasksOf(2).map((task) => ({ ...task, timeoutSeconds: 30 })),
    });
    await world.enterStage(run, 0);
    world.advance(30_000);
    await world.fireTimers('deadline');
    expect(answerOf(world)).toMatchObject({ error: 'StepFailed' });
    expect((await world.run(run.runId)).error?.code).toBe('STEP_FAILED');
  });
});

describe('repairStage', () => {
  it('joins a member that ended without its marker, and places one that was only let go', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(parallel(3, { maxParallelAgents: 1 }));
    await world.enterStage(run, 0);
    const [first, second] = [world.memberId(0, 0), world.memberId(0, 1)];
    // The handler dies right after the task's own write.
    world.hooks.before = (operation) => {
      if (operation.name === 'remove') throw new Error('killed');
    };
    await expect(world.complete(agent, first)).rejects.toThrow('killed');
    delete world.hooks.before;
    expect((await world.task(second)).status).toBe('PENDING');
    const stage = await readStage(world.services, tenant, run.runId, 0);
    await repairStage(world.services, Stage.parse(stage));
    expect((await world.task(second)).status).toBe('ASSIGNED');
    expect(await workAll(world, agent)).toBe(1);
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
  });
});
