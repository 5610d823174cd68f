import { describe, expect, it } from 'vitest';
import { next, until, untilAborted, useAgents } from './agent-fixture.ts';
import { taskIds } from './fake-platform.ts';

const [taskId] = taskIds;
const fixture = useAgents();
const now = 1_800_000_000_000;
const assignment = (more: object = {}) => ({
  task: { taskId, kind: 'work', type: 'echo', input: null, priority: 'normal' },
  attempt: 1,
  deadline: now + 900_000,
  idempotencyKey: 'key',
  ...more,
});

describe('attempts of an Agent', () => {
  it('says that it has begun when work lasts, and nothing when it does not', async () => {
    const gate = Promise.withResolvers<string>();
    const agent = fixture.createAgent().handle('echo', () => gate.promise);
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.send('task.assigned', assignment());
    await until(() => fixture.timers.delays.includes(5000));
    fixture.timers.advance(4999);
    await next();
    expect(connection.frames.filter(({ type }) => type === 'task.accept')).toEqual([]);
    fixture.timers.advance(1);
    expect((await connection.next('task.accept')).payload).toEqual({ taskId, attempt: 1 });
    gate.resolve('done');
    await connection.next('task.result');
    expect(fixture.timers.delays, 'neither watch is left').not.toContain(5000);
  });

  it('tells of an attempt once, and has it worked on once, however often it is delivered', async () => {
    const begun: number[] = [];
    let calls = 0;
    const agent = fixture.createAgent().handle('echo', () => (calls += 1));
    agent.on('assigned', ({ attempt }) => void begun.push(attempt));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.send('task.assigned', assignment());
    connection.send('task.assigned', assignment());
    await connection.next('task.result');
    connection.send('task.assigned', assignment());
    connection.send('task.assigned', assignment({ attempt: 2 }));
    await until(() => begun.length > 1);
    expect(begun).toEqual([1, 2]);
    await until(() => calls > 1);
    expect(calls).toBe(2);
  });

  it('gives an attempt up that takes too long, to be tried elsewhere', async () => {
    const agent = fixture.createAgent().handle('echo', async (_task, { signal }) => {
      await untilAborted(signal);
      throw signal.reason;
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.send('task.assigned', assignment({ attemptDeadline: now + 3000 }));
    await until(() => fixture.timers.delays.some((delay) => delay > 2000 && delay <= 3000));
    fixture.timers.advance(3000);
    expect((await connection.next('task.fail')).payload).toMatchObject({
      error: { code: 'ATTEMPT_TIMEOUT', retryable: true, failureType: 'timeout' },
    });
  });

  it('keeps what is done so far with the platform, and knows when it is there', async () => {
    const kept: string[] = [];
    const agent = fixture.createAgent().handle('echo', async (_task, context) => {
      await context.checkpoint({ page: 4 });
      kept.push('kept');
      return 'done';
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.send('task.assigned', assignment());
    expect((await connection.next('task.progress')).payload).toEqual({ taskId, attempt: 1, workState: { page: 4 } });
    await connection.next('task.result');
    expect(kept).toEqual(['kept']);
  });
});
