import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawSocket, Received } from './support/raw-socket.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let muster: Muster;
const sockets: RawSocket[] = [];

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await muster?.stop();
});

const open = async (): Promise<RawSocket> => {
  const socket = await muster.socket();
  sockets.push(socket);
  return socket;
};

/** An agent of a capability of its own, so that tests do not take each other's tasks. */
const agent = async (more: Record<string, unknown> = {}) => {
  const capability = `cap-${randomUUID()}`;
  const socket = await open();
  const { agentId, epoch } = await socket.register({
    name: `agent-${capability}`,
    capabilities: [capability],
    ...more,
  });
  return { socket, agentId, epoch, capability, requirements: { capabilities: [capability] } };
};

const view = async (taskId: string) => (await muster.call(`GET /tasks/${taskId}`)).body;
const statusOf = (taskId: string, status: string) =>
  until(`${taskId} ${status}`, async () => {
    const found = await view(taskId);
    return found.status === status ? found : undefined;
  });

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const large = { text: 'x'.repeat(100_000), list: Array.from({ length: 10_000 }, (_, index) => index * 1001) };

describe('a task over a socket', () => {
  it('registers, is assigned, ends, and its submitter is told', async () => {
    const { socket, agentId, epoch, requirements } = await agent();
    expect(agentId).toMatch(/^agt_/);
    expect(epoch).toBeGreaterThan(0);
    const client = await open();
    const id = client.send('task.submit', { task: { type: 'sum', input: [1, 2], requirements } });
    const submitted = await client.next('task.submitted');
    expect(submitted.correlationId).toBe(id);
    const { payload } = await socket.next('task.assigned');
    const { taskId } = submitted.payload;
    expect(payload).toMatchObject({ attempt: 1, task: { taskId, type: 'sum', input: [1, 2], kind: 'work' } });
    expect(payload['deadline']).toBeGreaterThan(Date.now());
    expect(payload['idempotencyKey']).toEqual(expect.any(String));
    const usage = { inputTokens: 10, outputTokens: 2, costUsd: 0.001, model: 'm' };
    const ended = await socket.answerTo(
      socket.send('task.result', { taskId, attempt: 1, output: { sum: 3 }, usage, confidence: 0.9 }),
    );
    expect(ended.type).toBe('ack');
    expect((await client.next('task.completed')).payload).toMatchObject({
      taskId,
      status: 'SUCCEEDED',
      output: { sum: 3 },
      usage,
      attempt: 1,
    });
    expect(await view(taskId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { sum: 3 },
      usage,
      confidence: 0.9,
      agentId,
    });
    const repeated = await socket.answerTo(socket.send('task.result', { taskId, attempt: 1, output: { sum: 3 } }));
    expect(repeated.type, 'a repeat of the result is acknowledged again').toBe('ack');
  });

  it('is told over HTTP what it may know, and frees its slot', async () => {
    const { socket, agentId, requirements } = await agent({ maxConcurrency: 1 });
    const submit = () => muster.call('POST /tasks', { type: 't', requirements });
    const first = await submit();
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ status: 'ASSIGNED', agentId, attempt: 1 });
    const second = await submit();
    expect(second.body).toMatchObject({ status: 'QUEUED', attempt: 0 });
    await socket.next('task.assigned', ({ payload }) => payload['task'].taskId === first.body.taskId);
    socket.send('task.result', { taskId: first.body.taskId, attempt: 1, output: null });
    await socket.next('task.assigned', ({ payload }) => payload['task'].taskId === second.body.taskId);
    await socket.answerTo(socket.send('task.result', { taskId: second.body.taskId, attempt: 1, output: null }));
    const idle = await until('a free slot', async () => {
      const { body } = await muster.call(`GET /agents/${agentId}`);
      return body.freeSlots === 1 ? body : undefined;
    });
    expect(idle).toMatchObject({ state: 'idle', connected: true, tasks: [], maxConcurrency: 1 });
  });

  it('shows its progress to watchers, in order, and where it stands to who comes late', async () => {
    const { socket, requirements } = await agent();
    const watcher = await open();
    const { body } = await muster.call('POST /tasks', { type: 't', requirements });
    const { taskId } = body;
    await socket.next('task.assigned');
    expect((await watcher.ask('watch', { taskId })).type).toBe('ack');
    await watcher.next('event', ({ payload }) => payload['type'] === 'task.state');
    await socket.ask('task.accept', { taskId, attempt: 1 });
    await socket.ask('task.progress', { taskId, attempt: 1, percent: 40, message: 'half', chunk: { word: 'a' } });
    const event = await watcher.next('event', ({ payload }) => payload['data'].percent === 40);
    expect(event.payload).toMatchObject({ taskId, data: { status: 'RUNNING', percent: 40, message: 'half' } });
    expect(await view(taskId)).toMatchObject({ status: 'RUNNING', progress: { percent: 40, message: 'half' } });
    expect((await socket.ask('agent.heartbeat', { tasks: [{ taskId, attempt: 1, percent: 50 }] })).type).toBe('ack');
    await socket.answerTo(socket.send('task.result', { taskId, attempt: 1, output: 1 }));
    await watcher.next('event', ({ payload }) => payload['type'] === 'task.completed');
    const seqs = watcher.frames.filter(({ type }) => type === 'event').map(({ payload }) => Number(payload['seq']));
    expect(seqs).toEqual(seqs.toSorted((left, right) => left - right));
    const late = await open();
    await late.ask('watch', { taskId });
    expect((await late.next('event')).payload).toMatchObject({ type: 'task.completed', data: { status: 'SUCCEEDED' } });
  });

  it('moves on to another agent after a failure, unless it is not worth it', async () => {
    const { socket, agentId, requirements, capability } = await agent({ maxConcurrency: 1 });
    const other = await open();
    const second = await other.register({ name: `other-${capability}`, capabilities: [capability], maxConcurrency: 1 });
    const retry = { maxAttempts: 2, backoffMs: 0 };
    const { body } = await muster.call('POST /tasks', { type: 't', requirements, retry });
    const [one, two] = body.agentId === agentId ? [socket, other] : [other, socket];
    await one.next('task.assigned');
    const error = { code: 'BROKEN', message: 'no', retryable: true };
    await one.ask('task.fail', { taskId: body.taskId, attempt: 1, error });
    expect((await two.next('task.assigned')).payload).toMatchObject({ attempt: 2, task: { taskId: body.taskId } });
    await two.ask('task.fail', { taskId: body.taskId, attempt: 2, error });
    expect(await statusOf(body.taskId, 'FAILED')).toMatchObject({ error: { code: 'BROKEN' }, attempt: 2 });
    expect(second.agentId).not.toBe(agentId);
  });

  it('is cancelled: the agent is told, lets go, and its slot is free', async () => {
    const { socket, agentId, requirements } = await agent({ maxConcurrency: 1 });
    const { body } = await muster.call('POST /tasks', { type: 't', requirements });
    const { taskId } = body;
    await socket.next('task.assigned');
    const cancelled = await muster.call(`POST /tasks/${taskId}/cancel`, { reason: 'not needed' });
    expect(cancelled.body).toMatchObject({ status: 'CANCELLED', error: { message: 'not needed' } });
    expect((await socket.next('task.cancel')).payload).toMatchObject({ taskId, attempt: 1, reason: 'not needed' });
    const late = await socket.answerTo(socket.send('task.result', { taskId, attempt: 1, output: 1 }));
    expect(late.payload['code']).toBe('ALREADY_TERMINAL');
    expect((await muster.call(`GET /agents/${agentId}`)).body.freeSlots, 'kept until it lets go').toBe(0);
    await socket.ask('task.released', { taskId, attempt: 1 });
    expect((await muster.call(`GET /agents/${agentId}`)).body.freeSlots).toBe(1);
    const again = await muster.call(`POST /tasks/${taskId}/cancel`);
    expect(again.status, 'cancelling what is cancelled is fine').toBe(200);
  });

  it('ends by its deadline when nobody does it', async () => {
    const requirements = { capabilities: [`nobody-${randomUUID()}`] };
    const { body } = await muster.call('POST /tasks', { type: 't', requirements, timeoutSeconds: 1 });
    expect(body).toMatchObject({ status: 'QUEUED', unrunnable: expect.any(String) });
    expect(await statusOf(body.taskId, 'TIMED_OUT')).toMatchObject({ error: { code: 'DEADLINE' } });
  });
});

describe('submitting twice', () => {
  it('is one task with the same reply, and another body is refused', async () => {
    const { requirements } = await agent();
    const idempotencyKey = randomUUID();
    const task = { type: 't', input: { a: 1 }, requirements };
    const [first, second] = await Promise.all([
      muster.call('POST /tasks', task, { idempotencyKey }),
      muster.call('POST /tasks', task, { idempotencyKey }),
    ]);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.taskId).toBe(first.body.taskId);
    const other = await muster.call('POST /tasks', { ...task, input: { a: 2 } }, { idempotencyKey });
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_MISMATCH' } });
    expect(await view(first.body.taskId)).toMatchObject({ input: { a: 1 }, attempt: 1 });
  });

  it('over a socket by the envelope id', async () => {
    const { socket, requirements } = await agent();
    const client = await open();
    const id = randomUUID();
    client.send('task.submit', { task: { type: 't', requirements } }, { id });
    const first = await client.next('task.submitted');
    client.send('task.submit', { task: { type: 't', requirements } }, { id });
    expect((await client.next('task.submitted')).payload['taskId']).toBe(first.payload['taskId']);
    client.send('task.submit', { task: { type: 'u', requirements } }, { id });
    expect((await client.next('error')).payload['code']).toBe('IDEMPOTENCY_MISMATCH');
    expect(socket.frames.filter(({ type }) => type === 'task.assigned')).toHaveLength(1);
  });
});

describe('a payload of 200 KB', () => {
  const text = JSON.stringify(large);
  const content = { bytes: Buffer.byteLength(text), sha256: sha256(text) };
  const upload = async ({ uploadUrl, headers }: Received['payload'], body = text) =>
    (await fetch(uploadUrl, { method: 'PUT', headers, body })).status;

  it('travels as a claim check both ways, over sockets', async () => {
    expect(content.bytes).toBeGreaterThan(170_000);
    const { socket, requirements } = await agent();
    const client = await open();
    client.send('payload.prepare', content);
    const place = (await client.next('payload.ready')).payload;
    expect(await upload(place)).toBe(200);
    const input = { $payload: { ref: place['ref'], ...content } };
    client.send('task.submit', { task: { type: 't', input, requirements } });
    const assigned = (await socket.next('task.assigned')).payload;
    const given = assigned['task'].input.$payload;
    expect(given).toMatchObject(content);
    expect(await (await fetch(given.url)).text()).toBe(text);

    socket.send('payload.prepare', content);
    const back = (await socket.next('payload.ready')).payload;
    expect(await upload(back)).toBe(200);
    const output = { $payload: { ref: back['ref'], ...content } };
    const { taskId } = assigned['task'];
    expect((await socket.answerTo(socket.send('task.result', { taskId, attempt: 1, output }))).type).toBe('ack');
    const ended = (await client.next('task.completed')).payload;
    expect(await (await fetch(ended['output'].$payload.url)).text()).toBe(text);
    const seen = await view(taskId);
    expect(await (await fetch(seen.output.$payload.url)).text()).toBe(text);
  });

  it('is stowed by the platform when a request carries it whole', async () => {
    const { socket, requirements } = await agent();
    const { body, status } = await muster.call('POST /tasks', { type: 't', input: large, requirements });
    expect(status).toBe(201);
    const { url } = (await socket.next('task.assigned')).payload['task'].input.$payload;
    expect(await (await fetch(url)).json()).toEqual(large);
    expect(body.input.$payload).toMatchObject(content);
  });

  it('is not taken when it is not what was announced', async () => {
    const client = await open();
    client.send('payload.prepare', content);
    const place = (await client.next('payload.ready')).payload;
    expect(await upload(place, text.replace('x', 'y'))).toBe(400);
  });
});
