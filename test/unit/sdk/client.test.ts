import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, type ClientOptions } from '#sdk/index.ts';
import { FakePlatform, type HttpAnswer, type HttpCall, runId, taskIds } from './fake-platform.ts';
import { ManualTimers } from './manual-timers.ts';

const [taskId = ''] = taskIds;
const large = 'x'.repeat(200_000);
const next = () => new Promise((resolve) => setImmediate(resolve));
const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await next();
};
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const taskView = (status: string, rest: Record<string, unknown> = {}) => ({
  taskId,
  kind: 'work',
  type: 'echo',
  status,
  priority: 'normal',
  attempt: 1,
  maxAttempts: 3,
  requirements: { capabilities: [] },
  input: null,
  createdAt: 1,
  deadlineAt: 2,
  rev: 1,
  ...rest,
});
const runView = (status: string, rest: Record<string, unknown> = {}) => ({
  runId,
  workflow: 'w',
  version: 1,
  mode: 'sequential',
  status,
  input: null,
  steps: [],
  createdAt: 1,
  ...rest,
});

let platform: FakePlatform;
let timers: ManualTimers;
let clients: Client[];

const createClient = (options: Partial<ClientOptions> = {}): Client => {
  const client = new Client({ url: platform.url, apiKey: 'mst_acme_k_s', timers, random: () => 0.5, ...options });
  clients.push(client);
  return client;
};

const answer = (routes: Record<string, (call: HttpCall) => HttpAnswer>): void => {
  platform.http = (call) =>
    routes[`${call.method} ${call.path}`]?.(call) ?? { status: 404, json: { code: 'NOT_FOUND' } };
};

beforeEach(async () => {
  platform = await FakePlatform.start();
  timers = new ManualTimers();
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.close();
  await platform.stop();
});

describe('Client over HTTP', () => {
  it('submits a task under its key', async () => {
    answer({ 'POST /v1/tasks': () => ({ status: 201, json: taskView('QUEUED') }) });
    const submitted = await createClient().submit({ type: 'echo', input: { a: 1 } }, { idempotencyKey: 'once' });
    expect(submitted).toBe(taskId);
    const [call] = platform.calls;
    expect(call?.headers).toMatchObject({ authorization: 'Bearer mst_acme_k_s', 'idempotency-key': 'once' });
    expect(JSON.parse(String(call?.body))).toEqual({ type: 'echo', input: { a: 1 } });
  });

  it('retries what is retryable under one key, and tells the rest by its code', async () => {
    let tries = 0;
    answer({
      'POST /v1/runs': () => {
        tries += 1;
        if (tries === 1) return { status: 503, text: 'Service Unavailable' };
        if (tries === 2) return { status: 429, json: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 3000 } };
        return { status: 201, json: runView('STARTING') };
      },
      'POST /v1/workflows': () => ({
        status: 400,
        json: {
          title: 'Bad',
          detail: 'steps[0].dependsOn names no step',
          code: 'INVALID_DEFINITION',
          field: 'steps[0].dependsOn',
          retryable: false,
        },
      }),
    });
    const client = createClient();
    const started = client.startRun({ workflow: 'w' });
    await until(() => timers.delays.length > 0);
    timers.advance(200);
    await until(() => timers.delays.includes(3000));
    timers.advance(3000);
    expect((await started).status).toBe('STARTING');
    expect(new Set(platform.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);

    await expect(
      client.putWorkflow({ mode: 'sequential', name: 'w', steps: [{ id: 'a', type: 't' }] }),
    ).rejects.toMatchObject({
      code: 'INVALID_DEFINITION',
      status: 400,
      field: 'steps[0].dependsOn',
      message: /names no step/,
    });
  });

  it('waits for no refusal that is good for a minute', async () => {
    const stopped = { code: 'SYSTEM_STOPPED', retryable: true, retryAfterMs: 60_000 };
    answer({ 'POST /v1/tasks': () => ({ status: 503, json: stopped }) });
    await expect(createClient().submit({ type: 'echo' })).rejects.toMatchObject(stopped);
    expect(platform.calls).toHaveLength(1);
  });

  it('follows a log from its cursor on, page by page, to the end of its subject', async () => {
    const event = (seq: number, type: string) => ({ seq, type, at: 1, taskId, data: {} });
    const pages = new Map([
      ['4', { items: [event(5, 'task.assigned'), event(6, 'task.progress')], cursor: '6', isOver: false }],
      ['6', { items: [], cursor: '6', isOver: false }],
    ]);
    const asked: (string | null)[] = [];
    platform.http = ({ path }) => {
      const { pathname, searchParams } = new URL(path, platform.url);
      if (pathname !== `/v1/tasks/${taskId}/events`) return { status: 404, json: { code: 'NOT_FOUND' } };
      const cursor = searchParams.get('cursor');
      asked.push(cursor);
      // Nothing came for one whole wait; then the end.
      const page = asked.length < 3 ? pages.get(cursor ?? '') : undefined;
      return { status: 200, json: page ?? { items: [event(7, 'task.completed')], cursor: '7', isOver: false } };
    };
    const seen: number[] = [];
    for await (const { seq } of createClient().events({ taskId }, { cursor: 4 })) seen.push(seq);
    expect(seen).toEqual([5, 6, 7]);
    expect(asked).toEqual(['4', '6', '6']);
  });

  it('gives up after five tries', async () => {
    answer({ 'GET /v1/system/health': () => ({ status: 500, json: { code: 'INTERNAL', retryable: true } }) });
    const health = createClient().health();
    const failed = health.catch((error: unknown) => error);
    for (let retry = 1; retry < 5; retry++) {
      await until(() => platform.calls.length === retry && timers.delays.length > 0);
      timers.advance(5000);
    }
    expect(await failed).toMatchObject({ code: 'INTERNAL' });
    expect(platform.calls).toHaveLength(5);
  });

  it('uploads a large input and downloads a large output', async () => {
    const output = JSON.stringify({ back: large });
    const url = `http://127.0.0.1:${platform.port}/store/out`;
    const check = { $payload: { ref: 'acme/out', bytes: output.length, sha256: digest(output), url } };
    answer({
      'POST /v1/payloads': () => ({
        status: 201,
        json: { ref: 'acme/in', uploadUrl: `http://127.0.0.1:${platform.port}/store/in`, headers: {} },
      }),
      'PUT /store/in': () => ({}),
      'GET /store/out': () => ({ text: output }),
      'POST /v1/tasks': () => ({ status: 201, json: taskView('QUEUED') }),
      [`GET /v1/tasks/${taskId}`]: () => ({ json: taskView('SUCCEEDED', { output: check }) }),
    });
    const client = createClient();
    await client.submit({ type: 'echo', input: large });
    const view = await client.getTask(taskId);

    const text = JSON.stringify(large);
    const [prepared, stored, submitted] = platform.calls.map(({ body }) => body.toString());
    expect(JSON.parse(prepared ?? '')).toEqual({ bytes: text.length, sha256: digest(text) });
    expect(stored).toBe(text);
    expect(JSON.parse(submitted ?? '').input).toEqual({
      $payload: { ref: 'acme/in', bytes: text.length, sha256: digest(text) },
    });
    expect(view.output).toEqual({ back: large });
    expect(platform.calls.find(({ path }) => path === '/store/out')?.headers.authorization).toBeUndefined();
  });

  it('lists pages, cancels with a reason and refuses an answer of another shape', async () => {
    answer({
      'GET /v1/tasks?limit=1&status=QUEUED': () => ({ json: { items: [taskView('QUEUED')], nextCursor: 'n' } }),
      [`POST /v1/tasks/${taskId}/cancel`]: () => ({ status: 202, json: taskView('CANCELLED') }),
      'GET /v1/agents': () => ({ json: { unexpected: true } }),
    });
    const client = createClient();
    expect(await client.listTasks({ limit: 1, status: 'QUEUED' })).toMatchObject({ nextCursor: 'n' });
    expect((await client.cancelTask(taskId, { reason: 'enough' })).status).toBe('CANCELLED');
    expect(JSON.parse(String(platform.calls[1]?.body))).toEqual({ reason: 'enough' });
    await expect(client.listAgents()).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  it('waits by asking where it has no socket, but not for ever', async () => {
    let status = 'QUEUED';
    answer({ [`GET /v1/tasks/${taskId}`]: () => ({ json: taskView(status) }) });
    const client = createClient();
    const waiting = client.waitForTask(taskId, { timeoutMs: 60_000 });
    await until(() => timers.delays.includes(1000));
    status = 'FAILED';
    timers.advance(1000);
    expect((await waiting).status).toBe('FAILED');

    status = 'RUNNING';
    const inVain = client.waitForTask(taskId, { timeoutMs: 500 });
    const failed = inVain.catch((error: unknown) => error);
    await until(() => timers.delays.includes(1000));
    timers.advance(500);
    expect(await failed).toMatchObject({ code: 'WAIT_TIMEOUT' });
    expect(timers.delays).toEqual([]);
  });
});

describe('Client over a socket', () => {
  it('submits and hears of the end, also when that comes first', async () => {
    const client = createClient({ socketUrl: platform.socketUrl });
    platform.silentOn.add('task.submit');
    const waiting = client.submitAndWait({ type: 'echo', input: 1 }, { idempotencyKey: 'k1' });
    const connection = await platform.connection();
    const frame = await connection.next('task.submit');
    expect(frame.id).toBe('k1');
    connection.send('task.completed', { taskId, status: 'SUCCEEDED', output: 'early' });
    connection.send('task.submitted', { taskId, status: 'QUEUED' }, frame.id);
    expect(await waiting).toMatchObject({ taskId, status: 'SUCCEEDED', output: 'early' });
  });

  it('does without an answer to the submission, and asks for one after a silence', async () => {
    const client = createClient({ socketUrl: platform.socketUrl });
    platform.silentOn.add('task.submit');
    const first = client.submitAndWait({ type: 'echo' });
    const connection = await platform.connection();
    const frame = await connection.next('task.submit');
    expect(frame.ack).toBe(false);
    connection.send('task.completed', { taskId, status: 'SUCCEEDED', output: 1 }, frame.id);
    expect(await first).toMatchObject({ taskId, status: 'SUCCEEDED', output: 1 });

    const second = client.submitAndWait({ type: 'echo' });
    const quiet = await connection.next('task.submit');
    timers.advance(10_000);
    const again = await connection.next('task.submit');
    expect(again).toMatchObject({ id: quiet.id, payload: quiet.payload });
    expect(again.ack).toBeUndefined();
    connection.send('task.submitted', { taskId, status: 'QUEUED' }, again.id);
    connection.send('task.completed', { taskId, status: 'FAILED' }, again.id);
    expect(await second).toMatchObject({ status: 'FAILED' });
    expect(platform.calls.filter(({ method }) => method === 'GET')).toEqual([]);
  });

  it('asks for an outcome that was pushed while it was away', async () => {
    let status = 'RUNNING';
    answer({ [`GET /v1/tasks/${taskId}`]: () => ({ json: taskView(status, { output: 'found' }) }) });
    const client = createClient({ socketUrl: platform.socketUrl });
    const waiting = client.submitAndWait({ type: 'echo' });
    const connection = await platform.connection();
    await connection.next('task.submit');
    await until(() => timers.delays.some((delay) => delay === 10_000));
    status = 'SUCCEEDED';
    connection.drop();
    await until(() => timers.delays.includes(500));
    timers.advance(500);
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED', output: 'found' });
  });

  it('refuses a submission that the platform refuses', async () => {
    const client = createClient({ socketUrl: platform.socketUrl });
    platform.silentOn.add('task.submit');
    const waiting = client.submitAndWait({ type: 'echo' });
    const connection = await platform.connection();
    connection.refuse(await connection.next('task.submit'), 'UNRUNNABLE');
    await expect(waiting).rejects.toMatchObject({ code: 'UNRUNNABLE' });
  });

  it('yields a snapshot, events in order without repeats, and the end', async () => {
    let status = 'RUNNING';
    answer({ [`GET /v1/runs/${runId}`]: () => ({ json: runView(status) }) });
    const updates: string[] = [];
    const watching = (async () => {
      for await (const update of createClient({ socketUrl: platform.socketUrl }).watchRun(runId))
        updates.push(update.kind === 'snapshot' ? `run ${update.view.status}` : update.event.type);
    })();
    const connection = await platform.connection();
    expect((await connection.next('watch')).payload).toEqual({ runId });
    await until(() => updates.length === 1);
    const event = (seq: number, type: string, data: unknown, rest = {}) =>
      connection.send('event', { seq, type, at: 1, runId, data, ...rest });
    event(2, 'task.started', { status: 'RUNNING' }, { taskId });
    event(2, 'task.started', { status: 'RUNNING' }, { taskId });
    event(1, 'task.queued', { status: 'QUEUED' }, { taskId });
    event(3, 'task.ended', { status: 'SUCCEEDED' }, { taskId });
    await until(() => updates.length === 3);
    status = 'SUCCEEDED';
    event(9, 'run.ended', { status: 'SUCCEEDED' });
    await watching;
    expect(updates).toEqual(['run RUNNING', 'task.started', 'task.ended', 'run.ended', 'run SUCCEEDED']);
    expect((await connection.next('unwatch')).payload).toEqual({ runId });
  });

  it('watches on after a reconnect, beginning with what it missed', async () => {
    let status = 'STARTING';
    answer({ [`GET /v1/runs/${runId}`]: () => ({ json: runView(status) }) });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const update of createClient({ socketUrl: platform.socketUrl }).watchRun(runId))
        if (update.kind === 'snapshot') seen.push(update.view.status);
    })();
    const connection = await platform.connection();
    await connection.next('watch');
    // One snapshot at first, one when the platform knows of the watch.
    await until(() => platform.calls.length === 2 && timers.delays.includes(5000));
    status = 'SUCCEEDED';
    connection.drop();
    await until(() => timers.delays.includes(500));
    timers.advance(500);
    await (await platform.connection()).next('watch');
    await watching;
    expect(seen).toEqual(['STARTING', 'SUCCEEDED']);
  });

  it('says so when the key may not connect', async () => {
    platform.handshakeStatus = 403;
    const client = createClient({ socketUrl: platform.socketUrl });
    await expect(client.submitAndWait({ type: 'echo' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
