import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import type { TaskId } from '#core/contract/ids.ts';
import { limits } from '#core/contract/limits.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import type { Run } from '#core/runs/run.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

type Node = { readonly id: string; readonly dependsOn?: string[]; readonly [field: string]: unknown };
const node = (id: string, dependsOn: string[] = [], more: Record<string, unknown> = {}): Node => ({
  id,
  type: 'work',
  dependsOn,
  ...more,
});
const dag = (nodes: readonly Node[], more: Record<string, unknown> = {}): WorkflowDefinitionInput =>
  WorkflowDefinition.parse({ mode: 'dag', name: 'd', nodes, ...more });

const diamond = [
  node('top', [], { input: '{{ input.n }}' }),
  node('left', ['top'], { input: { of: '{{ steps.top.output }}' } }),
  node('right', ['top'], { input: { of: '{{ steps.top.output }}' } }),
  node('bottom', ['left', 'right'], {
    input: ['{{ steps.left.output }}', '{{ steps.right.output }}', '{{ steps.top.output }}'],
  }),
];

const stepsOf = async (world: World, run: Run) =>
  Object.fromEntries(
    (await readRunView(world.services, tenant, run.runId)).steps.map(({ step, status }) => [step, status]),
  );
const idOf = (world: World, step: string) => {
  const [task] = world.members(0, step);
  if (task === undefined) throw new Error(`${step} has not begun`);
  return task.taskId;
};
const working = (world: World) =>
  world
    .members(0)
    .filter(({ status }) => status === 'ASSIGNED' || status === 'QUEUED')
    .map(({ place }) => place?.step ?? '');
const begin = async (definition: WorkflowDefinitionInput, input: null | { n: number } = null) => {
  const world = createWorld();
  const agent = await world.agent('a', { maxConcurrency: 100 });
  const run = await world.start(definition, input);
  await world.enterStage(run, 0);
  return { world, agent, run };
};

/** Every node that works ends at the end of the step, `stepMs` long; returns how many steps it took. */
const runSteps = async (world: World, agent: TestAgent, stepMs = 1000): Promise<number> => {
  for (let steps = 0; ; steps++) {
    const now = world.members(0).filter(({ status }) => status === 'ASSIGNED');
    if (now.length === 0) return steps;
    world.advance(stepMs);
    for (const { taskId, place } of now) await world.complete(agent, taskId, place?.step ?? '');
  }
};

describe('a dag run', () => {
  it('lets a node begin when its last dependency ends, with the outputs of all before it', async () => {
    const { world, agent, run } = await begin(dag(diamond), { n: 7 });
    expect(working(world)).toEqual(['top']);
    expect(world.members(0)).toMatchObject([{ input: 7 }]);
    expect(await stepsOf(world, run)).toEqual({
      top: 'ASSIGNED',
      left: 'PENDING',
      right: 'PENDING',
      bottom: 'PENDING',
    });
    await world.complete(agent, idOf(world, 'top'), 'T');
    expect(working(world)).toEqual(['left', 'right']);
    await world.complete(agent, idOf(world, 'right'), 'R');
    expect(working(world)).toEqual(['left']);
    await world.complete(agent, idOf(world, 'left'), 'L');
    expect(world.members(0, 'bottom')).toMatchObject([{ status: 'ASSIGNED', input: ['L', 'R', 'T'] }]);
    await world.complete(agent, idOf(world, 'bottom'), 'B');
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: 'B' });
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({
      output: { outcome: 'SUCCEEDED', counts: { total: 4, succeeded: 4 } },
    });
    world.expectBooksToBalance();
  });

  it('is not a parallel stage: what depends on something does not begin before it', async () => {
    const { world, agent, run } = await begin(dag([node('a'), node('b', ['a'])]));
    expect(world.members(0, 'b')).toEqual([]);
    await world.complete(agent, idOf(world, 'a'));
    expect(world.members(0, 'b')).toHaveLength(1);
    expect((await world.run(run.runId)).status).toBe('RUNNING');
  });

  it('starts a node’s clock when its turn comes', async () => {
    const { world, agent } = await begin(dag([node('a'), node('b', ['a'], { timeoutSeconds: 100 })]));
    world.advance(500_000);
    await world.complete(agent, idOf(world, 'a'));
    expect(await world.task(idOf(world, 'b'))).toMatchObject({
      createdAt: world.ports.clock.now(),
      deadlineAt: world.ports.clock.now() + 100_000,
    });
  });

  it('takes 10 steps for 10 chains of 10 on 10 agents', async () => {
    const nodes = Array.from({ length: 100 }, (_, index) =>
      node(`n${index}`, index % 10 === 0 ? [] : [`n${index - 1}`]),
    );
    const world = createWorld();
    const agents = await Promise.all(
      Array.from({ length: 10 }, (_, index) => world.agent(`a${index}`, { maxConcurrency: 1 })),
    );
    const run = await world.start(dag(nodes));
    await world.enterStage(run, 0);
    let steps = 0;
    for (; (await world.run(run.runId)).status === 'RUNNING' && steps < 100; steps++) {
      const now = world.members(0).filter(({ status }) => status === 'ASSIGNED');
      expect(now).toHaveLength(10);
      world.advance(100);
      for (const { taskId, agentId } of now) {
        const holder = agents.find((agent) => agent.agentId === agentId);
        if (holder !== undefined) await world.complete(holder, taskId);
      }
    }
    expect(steps).toBe(10);
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED' });
    world.expectBooksToBalance();
  });

  it('works on the longest chain first where not everything fits, and at no more than its width', async () => {
    const nodes = [node('s1'), node('s2'), node('long'), node('longer', ['long']), node('longest', ['longer'])];
    const { world, agent } = await begin(dag(nodes, { maxParallelAgents: 2 }));
    expect(working(world)).toEqual(['s1', 'long']);
    expect(await runSteps(world, agent)).toBe(3);
  });

  it('hands over outputs of any size', async () => {
    const nodes = [node('a'), node('b', ['a'], { input: { all: '{{ steps.a.output }}' } })];
    const { world, agent, run } = await begin(dag(nodes));
    const large = 'x'.repeat(limits.inlinePayloadBytes);
    await world.complete(agent, idOf(world, 'a'), large);
    expect(isClaimCheck((await world.task(idOf(world, 'b'))).input)).toBe(true);
    await world.complete(agent, idOf(world, 'b'), 'done');
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  it('gives the outputs of all that nothing depends on, by name', async () => {
    const { world, agent, run } = await begin(dag([node('a'), node('b', ['a']), node('c', ['a'])]));
    await runSteps(world, agent);
    expect((await world.run(run.runId)).output).toEqual({ b: 'b', c: 'c' });
  });
});

describe('a dag run in which a node fails', () => {
  const nodes = [node('a'), node('b', ['a']), node('c', ['b']), node('d'), node('e', ['d']), node('f', ['c', 'e'])];

  it('skips what depends on it, however far, finishes the rest, and then has failed', async () => {
    const { world, agent, run } = await begin(dag(nodes));
    await world.fail(agent, idOf(world, 'a'), { retryable: false });
    expect(await stepsOf(world, run)).toEqual({
      a: 'FAILED',
      b: 'SKIPPED',
      c: 'SKIPPED',
      d: 'ASSIGNED',
      e: 'PENDING',
      f: 'SKIPPED',
    });
    expect((await world.task(idOf(world, 'b'))).error).toMatchObject({
      code: 'DEPENDENCY_FAILED',
      message: expect.stringContaining('a'),
    });
    await runSteps(world, agent);
    const ended = await world.run(run.runId);
    expect(ended).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED' } });
    expect(ended.error?.message).toContain('FAILED, 2 of 6 succeeded, 1 failed (a), 3 skipped');
    // Not what was skipped for it.
    const failedTask = { step: 'a', taskId: idOf(world, 'a'), code: 'BROKEN', message: 'It broke.' };
    expect(ended.error?.failedTask).toMatchObject(failedTask);
    // What succeeded is there to be used.
    expect(await world.task(idOf(world, 'e'))).toMatchObject({ status: 'SUCCEEDED', output: 'e' });
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ error: 'StepFailed' });
    world.expectBooksToBalance();
  });

  it('blames for a skipped node only what did not succeed, not what is still at work or will be skipped for it', async () => {
    const { world, agent, run } = await begin(
      dag([node('a'), node('b', ['a']), node('c', ['a']), node('d', ['b', 'c']), node('e', ['c', 'd'])]),
    );
    await world.complete(agent, idOf(world, 'a'));
    await world.fail(agent, idOf(world, 'b'), { retryable: false });
    const blamed = async (step: string) => (await world.task(idOf(world, step))).error?.message;
    expect(await blamed('d')).toBe('It depends on what did not succeed: b.');
    expect(await blamed('e')).toBe('It depends on what did not succeed: d.');
    await world.complete(agent, idOf(world, 'c'));
    expect((await world.run(run.runId)).error?.message).toContain('2 of 5 succeeded, 1 failed (b), 2 skipped');
  });

  it('ends at the first failure when it is to fail fast, and cancels what is at work', async () => {
    const { world, agent, run } = await begin(dag(nodes, { onFailure: 'fail_fast' }));
    await world.fail(agent, idOf(world, 'a'), { retryable: false });
    await world.drainTasks();
    expect(await stepsOf(world, run)).toEqual({
      a: 'FAILED',
      b: 'SKIPPED',
      c: 'SKIPPED',
      d: 'CANCELLED',
      e: 'SKIPPED',
      f: 'SKIPPED',
    });
    expect((await world.run(run.runId)).status).toBe('FAILED');
  });

  it('fails a node whose input can never be made, and that alone', async () => {
    const check = { $payload: { ref: 'rival/x', bytes: 1, sha256: '0'.repeat(64) } };
    const { world, agent, run } = await begin(
      dag([node('a'), node('b', ['a'], { input: '{{ steps.a.output.check }}' }), node('c', ['b']), node('d')]),
    );
    await world.complete(agent, idOf(world, 'a'), { check });
    expect(await stepsOf(world, run)).toEqual({ a: 'SUCCEEDED', b: 'FAILED', c: 'SKIPPED', d: 'ASSIGNED' });
    expect((await world.task(idOf(world, 'b'))).error?.code).toBe('INVALID_FIELD');
  });

  it('ends a node past its deadline, and skips what waits for it', async () => {
    const { world, run } = await begin(dag([node('a', [], { timeoutSeconds: 30 }), node('b', ['a'])]));
    world.advance(30_000);
    await world.fireTimers('deadline');
    expect(await stepsOf(world, run)).toEqual({ a: 'TIMED_OUT', b: 'SKIPPED' });
    expect((await world.run(run.runId)).status).toBe('FAILED');
  });
});

describe('a dag run that is cancelled', () => {
  it('cancels what works, and what waits never begins', async () => {
    const { world, agent, run } = await begin(dag(diamond));
    await world.complete(agent, idOf(world, 'top'));
    await cancelRun(world.services, owner, run.runId, 'no');
    expect(await stepsOf(world, run)).toEqual({
      top: 'SUCCEEDED',
      left: 'CANCELLED',
      right: 'CANCELLED',
      bottom: 'SKIPPED',
    });
    expect((await world.run(run.runId)).status).toBe('CANCELLED');
  });

  it('leaves nothing open, whenever it comes while a node has its turn', async () => {
    for (let at = 1; at <= 20; at++) {
      const { world, agent, run } = await begin(dag(diamond));
      const top = idOf(world, 'top');
      let calls = 0;
      world.hooks.before = async () => {
        if (++calls !== at) return;
        delete world.hooks.before;
        await cancelRun(world.environment(), owner, run.runId, 'no');
      };
      await world.complete(agent, top).catch(() => undefined);
      delete world.hooks.before;
      await cancelRun(world.services, owner, run.runId, 'no').catch(() => undefined);
      expect(working(world), `cancelled before call ${at}`).toEqual([]);
      expect((await world.run(run.runId)).status).toBe('CANCELLED');
    }
  });
});

describe('a dag run whose handlers die', () => {
  /** Everything that a crash left to be done: the stream's records of ended tasks, and sweeps. */
  const mend = async (world: World, agent: TestAgent): Promise<void> => {
    const ended = world.ports.table.items().filter((item) => item['sk'] === 'TASK' && item['endedAt'] !== undefined);
    for (const item of ended) await relayItem(world.services, item);
    for (let minute = 0; minute < 3; minute++) {
      world.advance(59_000);
      const tasks = world.members(0).filter(({ status }) => status === 'ASSIGNED');
      const listed = tasks.map(({ taskId, attempt }) => ({ taskId, attempt }));
      await heartbeat(world.services, agent, agent.connectionId, { tasks: listed });
      await sweep(world.services);
      await world.drainTasks();
    }
  };

  it.each(['before', 'after'] as const)('ends all the same, %s whichever call it is', async (when) => {
    for (let at = 1; at <= 45; at++) {
      const { world, agent, run } = await begin(dag(diamond));
      let calls = 0;
      let isHandling = false;
      world.hooks[when] = () => {
        if (isHandling) calls += 1;
        if (isHandling && calls === at) throw new Error('killed');
      };
      for (let turn = 0; turn < 10 && (await world.run(run.runId)).status === 'RUNNING'; turn++) {
        const [task] = world.members(0).filter(({ status }) => status === 'ASSIGNED');
        const finish = async (taskId: TaskId, output: string): Promise<void> => {
          const { attempt } = await world.task(taskId);
          isHandling = true;
          await world.complete(agent, taskId, output, attempt).finally(() => {
            isHandling = false;
          });
        };
        // The agent sends its result until it is told that it arrived.
        if (task === undefined) await mend(world, agent);
        else await finish(task.taskId, task.type).catch(() => finish(task.taskId, task.type));
      }
      expect(await world.run(run.runId), `killed ${when} call ${at}`).toMatchObject({
        status: 'SUCCEEDED',
        output: 'work',
      });
      expect(world.members(0).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
      world.expectBooksToBalance();
    }
  });

  it('is repaired by the next end when a chosen node was never made', async () => {
    const { world, agent, run } = await begin(dag([node('a'), node('b', ['a']), node('c')]));
    world.hooks.after = (operation) => {
      if (operation.name === 'update' && Object.hasOwn(operation.request.clauses, 'sameReleased'))
        throw new Error('killed');
    };
    await expect(world.complete(agent, idOf(world, 'a'))).rejects.toThrow('killed');
    delete world.hooks.after;
    expect(world.members(0, 'b')).toEqual([]);
    world.advance(10_000);
    await world.complete(agent, idOf(world, 'c'));
    expect(working(world)).toEqual(['b']);
    await runSteps(world, agent);
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
  });

  it('is entered again without beginning anything twice', async () => {
    const { world, agent, run } = await begin(dag(diamond));
    await world.complete(agent, idOf(world, 'top'));
    await Promise.all([world.enterStage(run, 0, 'again'), world.enterStage(run, 0, 'once-more')]);
    expect(working(world)).toEqual(['left', 'right']);
    await runSteps(world, agent);
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
    expect([...world.ports.executions.answers.keys()].toSorted()).toEqual(['again', 'once-more', 'token-0']);
    expect(world.frames('socket-a', 'task.assigned')).toHaveLength(4);
  });
});

describe('the definition of a dag', () => {
  const check =
    (...nodes: readonly Node[]) =>
    () =>
      checkDefinition(WorkflowDefinition.parse(dag(nodes)));

  it('is refused for a cycle, naming it', () =>
    expect(check(node('a', ['c']), node('b', ['a']), node('c', ['b']))).toThrow(
      expect.objectContaining({ code: 'CYCLE', message: expect.stringContaining('a → c → b → a') }),
    ));

  it('is refused for a dependency on nothing, naming both', () =>
    expect(check(node('a', ['ghost']))).toThrow(/"a" depends on "ghost"/));

  it('is refused for two nodes of one name', () =>
    expect(check(node('a'), node('a'))).toThrow(expect.objectContaining({ field: 'steps.a' })));

  it('names only outputs of nodes before it, however far', () => {
    const far = node('c', ['b'], { input: '{{ steps.a.output }}' });
    expect(check(node('a'), node('b', ['a']), far)).not.toThrow();
    expect(check(node('a'), node('b'), far)).toThrow(
      expect.objectContaining({ code: 'INVALID_DEFINITION', field: 'steps.c.input' }),
    );
  });

  it('has no forEach, and one to 200 nodes', () => {
    expect(() => dag([node('a', [], { forEach: '{{ input }}' })])).toThrow(/forEach/);
    expect(() => dag([])).toThrow(/nodes/);
    expect(() => dag(Array.from({ length: 201 }, (_, index) => node(`n${index}`)))).toThrow(/nodes/);
  });
});
