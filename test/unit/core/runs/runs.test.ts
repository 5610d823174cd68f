import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { executionEnded } from '#core/runs/execution-ended.ts';
import { listRunViews, readRunView } from '#core/runs/run-view.ts';
import { startRun } from '#core/runs/start-run.ts';
import { newestVersion, putWorkflow, readWorkflow } from '#core/runs/workflow-store.ts';
import { createWorld, other, otherTenant, owner, stranger, tenant, type World } from '../world.ts';

const step = (id: string, more: Record<string, unknown> = {}) => ({ id, type: 'work', ...more });
const sequential = (...steps: readonly { readonly id: string }[]) =>
  WorkflowDefinition.parse({ mode: 'sequential', name: 'w', steps });
const stepsOf = async (world: World, runId: string) =>
  (await readRunView(world.services, tenant, (await world.run(runId)).runId)).steps.map(
    ({ step: id, status }) => `${id} ${status}`,
  );
const openTasks = (world: World) => world.tasks().filter(({ status }) => /PENDING|QUEUED|ASSIGNED/.test(status));

describe('a sequential run', () => {
  it('works one stage after the other, each with the outputs of those before', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const definition = sequential(
      step('list', { input: { of: '{{ input.topic }}' } }),
      step('each', { forEach: '{{ steps.list.output }}', input: { name: '{{ item.name }}', at: '{{ index }}' } }),
      step('sum', { input: { all: '{{ steps.each.outputs }}', text: 'run {{ run.workflow }}' } }),
    );
    const run = await world.start(definition, { topic: 'cats' });
    expect(run.status).toBe('RUNNING');
    const input = [...world.ports.executions.started.values()][0]?.input;
    expect(input).toMatchObject({ tenant, runId: run.runId, stages: [{ stage: 0 }, { stage: 1 }, { stage: 2 }] });

    await world.enterStage(run, 0);
    expect(world.members(0)).toMatchObject([{ input: { of: 'cats' } }]);
    await world.complete(agent, world.memberId(0, 0), [{ name: 'x' }, { name: 'y' }]);
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    expect(await stepsOf(world, run.runId)).toEqual(['list SUCCEEDED', 'each PENDING', 'sum PENDING']);

    await world.enterStage(run, 1);
    expect(world.members(1).map(({ input: given }) => given)).toEqual([
      { name: 'x', at: 0 },
      { name: 'y', at: 1 },
    ]);
    for (const { taskId, place } of world.members(1).toReversed())
      await world.complete(agent, taskId, place?.item ?? null);

    await world.enterStage(run, 2);
    expect(world.members(2)).toMatchObject([{ input: { all: [0, 1], text: 'run w' } }]);
    await world.complete(agent, world.memberId(2, 0), 'sum');
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: 'sum' });
    expect(await stepsOf(world, run.runId)).toEqual(['list SUCCEEDED', 'each SUCCEEDED', 'sum SUCCEEDED']);
  });

  it('stops at a step that fails: its token fails and the later steps are skipped', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(sequential(step('one'), step('two')));
    await world.enterStage(run, 0);
    await world.fail(agent, world.memberId(0, 0), { retryable: false });
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ error: 'StepFailed' });
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED' } });
    const { error } = await world.run(run.runId);
    const [{ taskId, agentId } = { taskId: undefined }] = world.members(0);
    const failedTask = { step: 'one', taskId, agentId, agentName: 'a', code: 'BROKEN', message: 'It broke.' };
    expect(error).toEqual({
      code: 'STEP_FAILED',
      message: `one: FAILED, 0 of 1 succeeded, 1 failed. First "one" (${taskId} on a): BROKEN: It broke.`,
      retryable: false,
      failedTask,
    });
    // What an agent said stays out of the state machine.
    const answer = world.ports.executions.answers.get('token-0');
    expect(answer).toMatchObject({ cause: 'one: FAILED, 0 of 1 succeeded, 1 failed' });
    expect((await readRunView(world.services, tenant, run.runId)).error).toEqual(error);
    expect(await stepsOf(world, run.runId)).toEqual(['one FAILED', 'two SKIPPED']);
    await world.enterStage(run, 1);
    expect(world.members(1)).toEqual([]);
  });

  it('gives null for the output of a member that failed where that is allowed', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const group = { id: 'g', parallel: [step('x'), step('y')], completion: 'any' };
    const run = await world.start(
      sequential(group, step('z', { input: ['{{ steps.x.output }}', '{{ steps.y.output }}'] })),
    );
    await world.enterStage(run, 0);
    const [x, y] = [world.memberId(0, 0), world.memberId(0, 1)];
    await world.fail(agent, x, { retryable: false });
    await world.complete(agent, y, 'y');
    await world.enterStage(run, 1);
    expect(world.members(1)).toMatchObject([{ input: [null, 'y'] }]);
  });
});

describe('a parallel run', () => {
  it('ends with the outputs of all by name, or as its template says', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    for (const [key, output, expected] of [
      ['named', undefined, { x: 'out x', y: 'out y' }],
      ['template', { joined: '{{ steps.x.output }} and {{ steps.y.output }}' }, { joined: 'out x and out y' }],
    ] as const) {
      const run = await world.start({ mode: 'parallel', name: key, tasks: [step('x'), step('y')], output }, null, key);
      await world.enterStage(run, 0, `token-${key}`);
      for (const { taskId, place } of world.members(0).filter((task) => task.place?.runId === run.runId))
        await world.complete(agent, taskId, `out ${place?.step}`);
      expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: expected });
    }
  });

  it('keeps a large input beside the run and fills templates from it', async () => {
    const world = createWorld();
    await world.agent('a');
    const tasks = [step('x', { input: '{{ input.small }}' })];
    const input = { large: 'x'.repeat(limits.inlinePayloadBytes), small: 's' };
    const run = await world.start({ mode: 'parallel', name: 'p', tasks }, input);
    expect(isClaimCheck(run.input)).toBe(true);
    await world.enterStage(run, 0);
    expect(world.members(0)).toMatchObject([{ input: 's' }]);
  });
});

describe('a run that cannot go on', () => {
  it('fails with the reason when a step would hand over what is not its tenant’s, and leaves nothing open', async () => {
    const world = createWorld();
    await world.agent('a');
    const tasks = [step('x', { input: '{{ input.check }}' }), step('y'), step('z')];
    const check = { $payload: { ref: 'rival/x', bytes: 1, sha256: '0'.repeat(64) } };
    const run = await world.start({ mode: 'parallel', name: 'p', tasks, maxParallelAgents: 2 }, { check });
    await world.enterStage(run, 0);
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_FIELD' } });
    expect(openTasks(world)).toEqual([]);
    expect([...world.ports.executions.started.values()]).toMatchObject([{ status: 'ABORTED' }]);
  });

  it('fails with the reason when an output that a step needs has expired', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(sequential(step('x'), step('y', { input: '{{ steps.x.output }}' })));
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0), 'x'.repeat(limits.inlinePayloadBytes));
    world.ports.payloads.stored.clear();
    await world.enterStage(run, 1);
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED', error: { code: 'NOT_FOUND' } });
    expect(world.ports.executions.answers.get('token-1')).toMatchObject({ error: 'StageFailed' });
  });

  it('fails when its output is too large, and still takes the last result', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [step('x'), step('y')] });
    await world.enterStage(run, 0);
    for (const index of [0, 1]) await world.complete(agent, world.memberId(0, index), 'x'.repeat(6 * 1024 * 1024));
    expect(world.members(0).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED', error: { code: 'PAYLOAD_TOO_LARGE' } });
    expect(world.ports.executions.answers.size).toBe(1);
  });
});

describe('startRun', () => {
  const request = { workflow: 'w', input: null };

  it('gives the same run for the same key, and starts one execution', async () => {
    const world = createWorld();
    const first = await world.start(sequential(step('a')), 1, 'k');
    const again = await world.start(sequential(step('a')), 1, 'k');
    expect(again.runId).toBe(first.runId);
    expect(world.ports.executions.started.size).toBe(1);
    await expect(world.start(sequential(step('a')), 2, 'k')).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    const others = await startRun(world.services, {
      principal: other,
      request: { ...request, input: 1 },
      idempotencyKey: 'k',
    });
    expect(others.runId).not.toBe(first.runId);
  });

  it('starts again the execution that a crash kept from starting', async () => {
    const world = createWorld();
    await putWorkflow(world.services, tenant, sequential(step('a')));
    const start = async () => Promise.reject(new Error('killed'));
    const services = { ...world.services, executions: { ...world.ports.executions, start } };
    const asked = { principal: owner, request, idempotencyKey: 'k' };
    await expect(startRun(services, asked)).rejects.toThrow('killed');
    expect((await startRun(world.services, asked)).status).toBe('RUNNING');
    expect(world.ports.executions.started.size).toBe(1);
  });

  it('stays with the version that it began with', async () => {
    const world = createWorld();
    const run = await world.start(sequential(step('old')));
    await putWorkflow(world.services, tenant, sequential(step('new')));
    await world.enterStage(run, 0);
    expect(world.members(0)[0]?.place?.step).toBe('old');
    expect((await world.start(sequential(step('new')), null, 'k2')).version).toBe(2);
  });

  it("does not know another tenant's workflow", async () => {
    const world = createWorld();
    await world.start(sequential(step('a')));
    await expect(startRun(world.services, { principal: stranger, request, idempotencyKey: 'k' })).rejects.toMatchObject(
      { code: 'NOT_FOUND' },
    );
  });
});

describe('putWorkflow', () => {
  it('numbers versions, and takes the same definition for the same version', async () => {
    const world = createWorld();
    const put = async (id: string) => (await putWorkflow(world.services, tenant, sequential(step(id)))).version;
    expect([await put('a'), await put('a'), await put('b'), await put('b')]).toEqual([1, 1, 2, 2]);
    expect((await readWorkflow(world.services, tenant, 'w', 1)).definition).toMatchObject({ steps: [{ id: 'a' }] });
  });

  it('gives two who store at once two versions', async () => {
    const world = createWorld();
    const versions = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => (await putWorkflow(world.services, tenant, sequential(step(id)))).version),
    );
    expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(await newestVersion(world.services, tenant, 'w')).toBe(3);
  });

  it('stores nothing that says something impossible', async () => {
    const world = createWorld();
    const definition = sequential(step('a', { dependsOn: ['b'] }), step('b', { dependsOn: ['a'] }));
    await expect(putWorkflow(world.services, tenant, definition)).rejects.toMatchObject({ code: 'CYCLE' });
    expect(world.ports.table.items()).toEqual([]);
  });
});

describe('cancelRun', () => {
  it('ends every task, stops the execution and leaves nothing open', async () => {
    const world = createWorld();
    const agent = await world.agent('a', { maxConcurrency: 2 });
    const tasks = ['a', 'b', 'c', 'd'].map((id) => step(id));
    const run = await world.start({ mode: 'parallel', name: 'p', tasks, maxParallelAgents: 3 });
    await world.enterStage(run, 0);
    expect(await cancelRun(world.services, owner, run.runId, 'enough')).toMatchObject({
      status: 'CANCELLED',
      error: { code: 'CANCELLED', message: 'enough' },
    });
    expect(openTasks(world)).toEqual([]);
    expect([...world.ports.executions.started.values()]).toMatchObject([{ status: 'ABORTED' }]);
    expect(world.frames(agent.connectionId, 'task.cancel')).toHaveLength(2);
    expect(await stepsOf(world, run.runId)).toEqual(['a CANCELLED', 'b CANCELLED', 'c CANCELLED', 'd CANCELLED']);
    expect(world.ports.table.items().filter(({ sweepKey }) => String(sweepKey).startsWith('OPEN#'))).toEqual([]);
  });

  it('leaves what is too much for one request to messages, each of which ends as many', async () => {
    const world = createWorld();
    await world.agent('a');
    const list = Array.from({ length: 450 }, (_, index) => index);
    const run = await world.start(sequential(step('each', { forEach: '{{ input }}' })), list);
    await world.enterStage(run, 0);
    await world.drainTasks();
    expect(openTasks(world)).toHaveLength(450);
    expect(await cancelRun(world.services, owner, run.runId, 'enough')).toMatchObject({ status: 'CANCELLING' });
    expect(openTasks(world)).toHaveLength(250);
    const [first] = world.ports.queues.tasks;
    expect(world.ports.queues.tasks).toHaveLength(1);
    // Twice, as any message may come.
    if (first !== undefined) world.ports.queues.tasks.push(first);
    await world.drainTasks();
    expect(openTasks(world)).toEqual([]);
    expect(await world.run(run.runId)).toMatchObject({ status: 'CANCELLED', error: { message: 'enough' } });
  });

  it('takes a second cancel, and refuses to cancel what ended otherwise', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(sequential(step('x')), null, 'one');
    await cancelRun(world.services, owner, run.runId, 'first');
    expect((await cancelRun(world.services, owner, run.runId, 'second')).error?.message).toBe('first');
    const done = await world.start(sequential(step('x')), null, 'two');
    await world.enterStage(done, 0);
    await world.complete(agent, world.memberId(0, 0));
    await expect(cancelRun(world.services, owner, done.runId, 'no')).rejects.toMatchObject({
      code: 'ALREADY_TERMINAL',
    });
    await expect(cancelRun(world.services, stranger, done.runId, 'no')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('ends CANCELLED also when the stopped execution reports before the tasks have ended', async () => {
    const world = createWorld();
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [step('x')] });
    await world.enterStage(run, 0);
    const executions = {
      ...world.ports.executions,
      stop: async (executionArn: string, reason: string) => {
        await world.ports.executions.stop(executionArn, reason);
        await executionEnded(world.services, { tenant, runId: run.runId, status: 'ABORTED' });
      },
    };
    const cancelled = await cancelRun({ ...world.services, executions }, owner, run.runId, 'enough');
    expect(cancelled).toMatchObject({ status: 'CANCELLED', error: { message: 'enough' } });
  });
});

describe('executionEnded', () => {
  it.each([
    ['FAILED', 'FAILED'],
    ['ABORTED', 'FAILED'],
    ['TIMED_OUT', 'TIMED_OUT'],
  ] as const)('closes a run whose execution ended %s from outside, with its tasks', async (status, expected) => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start(sequential(step('x')));
    await world.enterStage(run, 0);
    const end = { tenant, runId: run.runId, status, cause: 'somebody stopped it' };
    await executionEnded(world.services, end);
    await executionEnded(world.services, end);
    expect(await world.run(run.runId)).toMatchObject({ status: expected, error: { message: 'somebody stopped it' } });
    expect(openTasks(world)).toEqual([]);
  });

  it('leaves a run that the engine has ended as it is', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start(sequential(step('x')));
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0));
    await executionEnded(world.services, { tenant, runId: run.runId, status: 'FAILED' });
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
  });
});

describe('listRunViews', () => {
  it('shows the newest first, of this tenant only', async () => {
    const world = createWorld();
    for (const key of ['one', 'two', 'three']) {
      await world.start(sequential(step('a')), key, key);
      world.advance(1);
    }
    const { items } = await listRunViews(world.services, tenant, { limit: 2 });
    expect(items.map(({ input }) => input)).toEqual(['three', 'two']);
    expect((await listRunViews(world.services, otherTenant, { limit: 2 })).items).toEqual([]);
  });
});
