import { describe, expect, it } from 'vitest';
import { next, until, untilAborted, useAgents } from './agent-fixture.ts';
import { agentId, taskIds } from './fake-platform.ts';

const [firstTask] = taskIds;
const fixture = useAgents();

describe('Agent liveness', () => {
  it('tells what it works on in each heartbeat', async () => {
    fixture.platform.heartbeatMs = 5000;
    await fixture
      .createAgent()
      .handle('echo', async (_task, ctx) => {
        ctx.progress(40);
        return untilAborted(ctx.signal);
      })
      .start();
    const connection = await fixture.platform.connection();
    fixture.timers.advance(5000);
    expect((await connection.next('agent.heartbeat')).payload).toEqual({ tasks: [] });
    connection.assign();
    await connection.next('task.progress');
    fixture.timers.advance(5000);
    expect((await connection.next('agent.heartbeat')).payload).toEqual({
      tasks: [{ taskId: firstTask, attempt: 1, percent: 40 }],
    });
  });

  it('comes back after a lost connection with what it still works on and sends the result then', async () => {
    const gate = Promise.withResolvers<string>();
    let isRunning = false;
    const agent = fixture.createAgent().handle('echo', () => {
      isRunning = true;
      return gate.promise;
    });
    await agent.start();
    const first = await fixture.platform.connection();
    first.assign();
    await until(() => isRunning);
    const down = new Promise((resolve) => agent.on('disconnected', resolve));
    first.drop();
    await down;
    gate.resolve('finished while away');
    await next();
    expect(fixture.timers.delays[0]).toBeLessThanOrEqual(1000);
    fixture.timers.advance(1000);

    const second = await fixture.platform.connection();
    expect((await second.next('agent.register')).payload).toMatchObject({
      agentId,
      resume: { tasks: [{ taskId: firstTask, attempt: 1 }] },
    });
    expect((await second.next('task.result')).payload).toMatchObject({ output: 'finished while away' });
  });

  it('backs off with full jitter up to ten seconds while nobody answers', async () => {
    fixture.platform.handshakeStatus = 503;
    const waits: number[] = [];
    const agent = fixture.createAgent({ random: () => 1 }).handle('*', () => null);
    agent.on('retrying', () => void setImmediate(() => waits.push(fixture.timers.delays[0] ?? 0)));
    const started = agent.start();
    for (let retry = 0; retry < 6; retry++) {
      await until(() => waits.length > retry);
      fixture.timers.advance(10_000);
    }
    fixture.platform.handshakeStatus = undefined;
    await until(() => waits.length > 6 || fixture.platform.connections.length > 0);
    fixture.timers.advance(10_000);
    await started;
    expect(waits.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('sends a result again until it is acknowledged, and then no more', async () => {
    fixture.platform.silentOn.add('task.result');
    const agent = fixture.createAgent().handle('echo', () => 'once');
    const completed = new Promise((resolve) => agent.on('completed', resolve));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign();
    const first = await connection.next('task.result');
    fixture.timers.advance(10_000);
    const second = await connection.next('task.result');
    expect(second.id).toBe(first.id);
    connection.ack(second);
    expect(await completed).toMatchObject({ attempt: 1, outcome: 'succeeded' });
    fixture.timers.advance(10_000);
    await next();
    expect(connection.frames.filter(({ type }) => type === 'task.result')).toHaveLength(2);
  });

  it("sends unacknowledged frames again after the gateway's own error, which is no envelope", async () => {
    fixture.platform.silentOn.add('task.result');
    await fixture
      .createAgent()
      .handle('echo', () => 'once')
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    const first = await connection.next('task.result');
    connection.sendText(JSON.stringify({ message: 'Internal server error', connectionId: 'c', requestId: 'r' }));
    connection.sendText('not even JSON');
    connection.send('ack', { id: 'of something else' });
    await until(() => fixture.timers.delays.includes(500));
    fixture.timers.advance(500);
    expect((await connection.next('task.result')).id).toBe(first.id);
  });

  it('registers anew when the platform no longer knows its connection', async () => {
    fixture.platform.silentOn.add('task.result');
    await fixture
      .createAgent()
      .handle('echo', () => 'kept')
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    connection.refuse(await connection.next('task.result'), 'NOT_REGISTERED');
    await connection.closed;
    await until(() => fixture.timers.delays.includes(500));
    fixture.timers.advance(500);
    const second = await fixture.platform.connection();
    expect((await second.next('task.result')).payload).toMatchObject({ output: 'kept' });
  });

  it('fails the task when its result can never be taken', async () => {
    fixture.platform.silentOn.add('task.result');
    await fixture
      .createAgent()
      .handle('echo', () => 'unfit')
      .start();
    const connection = await fixture.platform.connection();
    connection.assign();
    connection.refuse(await connection.next('task.result'), 'INVALID_FIELD');
    expect((await connection.next('task.fail')).payload).toMatchObject({
      error: { code: 'INVALID_FIELD', retryable: false },
    });
  });

  it('tells its process about a result that came too late', async () => {
    fixture.platform.silentOn.add('task.result');
    const agent = fixture.createAgent().handle('echo', () => 'late');
    const error = new Promise<Error>((resolve) => agent.on('error', resolve));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign();
    connection.refuse(await connection.next('task.result'), 'STALE_ATTEMPT');
    expect(await error).toMatchObject({ code: 'STALE_ATTEMPT' });
  });

  it('pings an idle connection and drops one that stopped answering', async () => {
    const agent = fixture.createAgent({ timings: { pingMs: 1000 } }).handle('*', () => null);
    await agent.start();
    const connection = await fixture.platform.connection();
    fixture.timers.advance(1000);
    await until(() => connection.pings === 1);
    // The pong has come when something sent after it has.
    connection.assign({ ackTimeoutMs: 1000 });
    await connection.next('task.result');
    connection.freeze();
    fixture.timers.advance(1000);
    expect(agent.isConnected).toBe(true);
    fixture.timers.advance(1000);
    expect(agent.isConnected).toBe(false);
  });

  it('moves to a new socket before two hours without losing what it works on', async () => {
    const gate = Promise.withResolvers<string>();
    const agent = fixture.createAgent().handle('echo', () => gate.promise);
    const bad: unknown[] = [];
    agent.on('stopped', (event) => bad.push(event)).on('disconnected', (event) => bad.push(event));
    await agent.start();
    const old = await fixture.platform.connection();
    old.assign({ ackTimeoutMs: 1000 });
    await old.next('task.accept');
    fixture.platform.silentOn.add('agent.register');
    fixture.timers.advance(100 * 60_000); // between 90 and 110 minutes; the jitter of this test is 0.5
    const young = await fixture.platform.connection();
    const registration = await young.next('agent.register');
    expect(registration.payload).toMatchObject({ resume: { tasks: [{ taskId: firstTask, attempt: 1 }] } });

    // The platform tells the old socket of the takeover first: by oneself, so no reason to stop.
    old.send('agent.replaced', { agentId });
    await next();
    fixture.platform.silentOn.clear();
    fixture.platform.answer(registration, young);
    await old.closed;
    gate.resolve('carried over');
    expect((await young.next('task.result')).payload).toMatchObject({ output: 'carried over' });
    expect(bad).toEqual([]);
  });

  it('stops for good when another process takes its place', async () => {
    const agent = fixture.createAgent().handle('*', () => null);
    const stopped = new Promise<{ error?: Error }>((resolve) => agent.on('stopped', resolve));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.send('agent.replaced', { agentId });
    expect((await stopped).error).toMatchObject({ code: 'AGENT_REPLACED' });
    fixture.timers.advance(60_000);
    await next();
    expect(fixture.platform.handshakes).toBe(1);
  });

  it.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
  ])('does not try a refused key again (%i)', async (status, code) => {
    fixture.platform.handshakeStatus = status;
    await expect(fixture.createAgent().start()).rejects.toMatchObject({ code, status, name: 'AuthenticationError' });
    fixture.timers.advance(60_000);
    await next();
    expect(fixture.platform.handshakes).toBe(1);
  });

  it('does not try a refused registration again', async () => {
    fixture.platform.silentOn.add('agent.register');
    const started = fixture.createAgent().start();
    const connection = await fixture.platform.connection();
    connection.refuse(await connection.next('agent.register'), 'AGENT_ID_TAKEN');
    await expect(started).rejects.toMatchObject({ code: 'AGENT_ID_TAKEN' });
  });
});
