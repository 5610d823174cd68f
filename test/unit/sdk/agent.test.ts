import { describe, expect, it } from 'vitest';
import { TaskFailure } from '#sdk/index.ts';
import { until, untilAborted, useAgents } from './agent-fixture.ts';
import { agentId, taskIds } from './fake-platform.ts';

const [firstTask, secondTask] = taskIds;
const fixture = useAgents();

describe('Agent', () => {
  it('registers with its key, its types and nothing of its connection', async () => {
    const agent = fixture.createAgent({
      capabilities: ['review', { name: 'lint', confidence: 0.5 }],
      maxConcurrency: 2,
    });
    await agent.handle('echo', () => 1).start();

    const connection = await fixture.platform.connection();
    const registration = await connection.next('agent.register');
    expect(connection.headers.authorization).toBe('Bearer mst_acme_k_s');
    expect(registration.payload).toEqual({
      name: 'worker',
      capabilities: ['review', { name: 'lint', confidence: 0.5 }],
      maxConcurrency: 2,
      taskTypes: ['echo'],
      resume: { tasks: [] },
    });
    expect(agent.agentId).toBe(agentId);
  });

  it('runs the handler of the type and reports what it returns', async () => {
    const agent = fixture.createAgent().handle('echo', (task, ctx) => {
      ctx.details({ usage: { inputTokens: 3 }, confidence: 0.9 });
      ctx.progress(50, 'half');
      ctx.milestone('read');
      return { said: task.input, key: ctx.idempotencyKey, attempt: ctx.attempt };
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ input: 'hello', anythingNew: true });

    expect((await connection.next('task.progress')).payload).toEqual({
      taskId: firstTask,
      attempt: 1,
      percent: 50,
      message: 'half',
    });
    const milestone = { taskId: firstTask, attempt: 1, percent: 50, milestone: 'read' };
    expect((await connection.next('task.progress')).payload).toEqual(milestone);
    expect((await connection.next('task.result')).payload).toEqual({
      taskId: firstTask,
      attempt: 1,
      output: { said: 'hello', key: 'key-1', attempt: 1 },
      usage: { inputTokens: 3 },
      confidence: 0.9,
    });
  });

  it('accepts by itself where the task asks for it', async () => {
    await fixture
      .createAgent()
      .handle('*', () => null)
      .start();
    const connection = await fixture.platform.connection();
    connection.assign({ ackTimeoutMs: 5000 });
    expect((await connection.next('task.accept')).payload).toEqual({ taskId: firstTask, attempt: 1 });
  });

  it('rejects a type that it has no handler for', async () => {
    await fixture
      .createAgent()
      .handle('other', () => null)
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    expect((await connection.next('task.reject')).payload).toEqual({
      taskId: firstTask,
      attempt: 1,
      reason: 'no handler for echo',
      code: 'no_handler',
    });
  });

  it.each([
    [new TaskFailure('BAD_INPUT', 'no such file', { retryable: false }), 'BAD_INPUT', false],
    [new Error('boom'), 'HANDLER_ERROR', true],
    ['a string', 'HANDLER_ERROR', true],
  ])('fails the task with what the handler throws: %s', async (thrown, code, retryable) => {
    await fixture
      .createAgent()
      .handle('echo', () => {
        throw thrown;
      })
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    const { payload } = await connection.next('task.fail');
    expect(payload).toMatchObject({ taskId: firstTask, error: { code, retryable } });
  });

  it('works once on an assignment that arrives twice and sends its result again when it has ended', async () => {
    let calls = 0;
    const gate = Promise.withResolvers<string>();
    const agent = fixture.createAgent().handle('echo', async () => {
      calls += 1;
      return gate.promise;
    });
    const completed = new Promise((resolve) => agent.on('completed', resolve));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign();
    connection.assign();
    await until(() => calls === 1);
    gate.resolve('done');
    const first = await connection.next('task.result');
    await completed;
    connection.assign();
    const again = await connection.next('task.result');

    expect(again.payload).toEqual(first.payload);
    expect(calls).toBe(1);
  });

  it('aborts a cancelled task and releases it when the handler has settled', async () => {
    let reason: unknown;
    await fixture
      .createAgent()
      .handle('echo', async (_task, { signal }) => {
        await untilAborted(signal);
        reason = signal.reason;
        return 'too late';
      })
      .start();
    const connection = await fixture.platform.connection();
    connection.assign({ ackTimeoutMs: 5000 });
    await connection.next('task.accept');
    connection.send('task.cancel', { taskId: firstTask, attempt: 1, reason: 'not needed' });

    expect((await connection.next('task.released')).payload).toEqual({ taskId: firstTask, attempt: 1 });
    expect(reason).toMatchObject({ message: 'not needed', code: 'CANCELLED' });
    expect(connection.frames.some(({ type }) => type === 'task.result')).toBe(false);
  });

  it('releases at once what it is told to cancel and does not have', async () => {
    await fixture
      .createAgent()
      .handle('*', () => null)
      .start();
    const connection = await fixture.platform.connection();
    connection.send('task.cancel', { taskId: secondTask, attempt: 3, reason: 'gone' });
    expect((await connection.next('task.released')).payload).toEqual({ taskId: secondTask, attempt: 3 });
  });

  it('aborts a lost task and one whose later attempt begins', async () => {
    const attempts: number[] = [];
    await fixture
      .createAgent()
      .handle('echo', async (_task, { attempt, signal }) => {
        attempts.push(attempt);
        if (attempt < 3) await untilAborted(signal);
        return attempt;
      })
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    await until(() => attempts.length === 1);
    connection.send('lease.lost', { taskId: firstTask, attempt: 1 });
    expect((await connection.next('task.released')).payload).toMatchObject({ attempt: 1 });
    connection.assign({}, { attempt: 2 });
    await until(() => attempts.length === 2);
    connection.assign({}, { attempt: 3 });
    expect((await connection.next('task.released')).payload).toMatchObject({ attempt: 2 });
    expect((await connection.next('task.result')).payload).toMatchObject({ attempt: 3, output: 3 });
  });

  it('aborts at the deadline, measured on the clock of the platform', async () => {
    fixture.timers.advance(-3_600_000); // this machine's clock is an hour behind
    let isRunning = false;
    await fixture
      .createAgent()
      .handle('echo', async (_task, { signal }) => {
        isRunning = true;
        await untilAborted(signal);
        throw signal.reason;
      })
      .start();
    const connection = await fixture.platform.connection();
    connection.assign({}, { deadline: 1_800_000_005_000 });
    await until(() => isRunning);
    fixture.timers.advance(5000);
    expect((await connection.next('task.fail')).payload).toMatchObject({
      error: { code: 'DEADLINE_EXCEEDED', retryable: false, failureType: 'timeout' },
    });
  });
});
