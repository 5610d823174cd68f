import { describe, expect, it } from 'vitest';
import { MusterError } from '#sdk/index.ts';
import { until, untilAborted, useAgents } from './agent-fixture.ts';
import { taskIds } from './fake-platform.ts';

const [firstTask, secondTask] = taskIds;
const fixture = useAgents();

describe('Agent endings', () => {
  it('drains: takes nothing new, finishes what it has, then goes', async () => {
    const gate = Promise.withResolvers<string>();
    const agent = fixture.createAgent().handle('echo', () => gate.promise);
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ ackTimeoutMs: 1000 });
    await connection.next('task.accept');
    const drained = agent.drain();
    expect((await connection.next('agent.update')).payload).toEqual({ state: 'idle' });
    expect((await connection.next('agent.update')).payload).toEqual({ state: 'paused' });
    connection.assign({ taskId: secondTask });
    expect((await connection.next('task.reject')).payload).toMatchObject({ taskId: secondTask });
    gate.resolve('finished');
    expect((await connection.next('task.result')).payload).toMatchObject({ output: 'finished' });
    await drained;
    expect(await connection.closed).toBe(1000);
  });

  it('gives unfinished tasks back when it is stopped, and does not start again', async () => {
    const agent = fixture.createAgent().handle('echo', async (_task, { signal }) => {
      await untilAborted(signal);
      throw signal.reason;
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ ackTimeoutMs: 1000 });
    await connection.next('task.accept');
    await agent.stop();
    const { payload } = await connection.next('task.reject');
    expect(payload).toMatchObject({ taskId: firstTask, reason: 'the agent stopped' });
    await expect(agent.start()).rejects.toThrow(MusterError);
  });

  it('submits subtasks and waits for them', async () => {
    const agent = fixture.createAgent().handle('echo', async (_task, ctx) => {
      const { taskId, outcome } = await ctx.submit({ type: 'part', input: 1 });
      return { taskId, outcome: await outcome };
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ taskId: secondTask });
    expect((await connection.next('task.submit')).payload).toEqual({
      task: { type: 'part', input: 1 },
      parentTask: secondTask,
    });
    connection.send('task.completed', { taskId: firstTask, status: 'SUCCEEDED', output: 42 });
    expect((await connection.next('task.result')).payload).toMatchObject({
      output: { taskId: firstTask, outcome: { status: 'SUCCEEDED', output: 42 } },
    });
  });

  it('waits for subtasks without holding its slot, and goes on with what they came to', async () => {
    const agent = fixture.createAgent().handle('echo', async (task, ctx) => {
      if (task.children !== undefined) return { children: task.children, workState: task.workState };
      const part = await ctx.submit({ type: 'part' }, { key: 'one' });
      return ctx.waitFor([part], { step: 1 });
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ taskId: secondTask });
    const submitted = await connection.next('task.submit');
    expect(submitted.id).toBe(`${secondTask}:one`);
    expect((await connection.next('task.wait')).payload).toEqual({
      taskId: secondTask,
      attempt: 1,
      children: [firstTask],
      workState: { step: 1 },
    });
    const children = [{ taskId: firstTask, status: 'SUCCEEDED', output: 42 }];
    connection.assign({ taskId: secondTask, children, workState: { step: 1 } }, { attempt: 2 });
    expect((await connection.next('task.result')).payload).toMatchObject({
      attempt: 2,
      output: { children, workState: { step: 1 } },
    });
  });

  it('fails a task that is to wait for what it may not wait for', async () => {
    fixture.platform.silentOn.add('task.wait');
    const ends: string[] = [];
    const agent = fixture.createAgent().handle('echo', async (_task, ctx) => {
      const part = await ctx.submit({ type: 'part' });
      return ctx.waitFor([part]);
    });
    agent.on('completed', ({ outcome }) => void ends.push(outcome));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ taskId: secondTask });
    connection.refuse(await connection.next('task.wait'), 'INVALID_FIELD');
    expect((await connection.next('task.fail')).payload).toMatchObject({
      taskId: secondTask,
      error: { code: 'INVALID_FIELD', retryable: false },
    });
    await until(() => ends.length === 1);
    expect(ends).toEqual(['failed']);
  });

  it('does a batch in one go and ends each of its tasks with its own output', async () => {
    const sizes: number[] = [];
    const agent = fixture.createAgent().handleBatch('echo', (tasks) => {
      sizes.push(tasks.length);
      return tasks.map(({ input }) => ({ echoed: input }));
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    const assignment = (taskId: string | undefined, input: string) => ({
      task: { taskId, kind: 'work', type: 'echo', input, priority: 'normal' },
      attempt: 1,
      deadline: 1_800_000_900_000,
      idempotencyKey: `key-${input}`,
    });
    connection.send('task.batch', { assignments: [assignment(firstTask, 'a'), assignment(secondTask, 'b')] });
    const results = [await connection.next('task.result'), await connection.next('task.result')];
    expect(results.map(({ payload }) => payload)).toMatchObject([
      { taskId: firstTask, output: { echoed: 'a' } },
      { taskId: secondTask, output: { echoed: 'b' } },
    ]);
    expect(sizes).toEqual([2]);
  });
});
