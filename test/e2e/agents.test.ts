import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawSocket } from './support/raw-socket.ts';
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

const join = async (capability: string, more: Record<string, unknown> = {}) => {
  const socket = await muster.socket();
  sockets.push(socket);
  const { agentId } = await socket.register({ name: `a-${randomUUID()}`, capabilities: [capability], ...more });
  return { socket, agentId };
};

const submit = async (capability: string, more: Record<string, unknown> = {}) =>
  (await muster.call('POST /tasks', { type: 't', requirements: { capabilities: [capability] }, ...more })).body;
const statusOf = async (taskId: string): Promise<string> => (await muster.call(`GET /tasks/${taskId}`)).body.status;
const finish = async (socket: RawSocket): Promise<string> => {
  const { payload } = await socket.next('task.assigned');
  const { taskId } = payload['task'];
  await socket.answerTo(socket.send('task.result', { taskId, attempt: payload['attempt'], output: null }));
  return taskId;
};

describe('an operator', () => {
  it('finds agents by capability, status and room', async () => {
    const capability = randomUUID();
    const busy = await join(capability, { maxConcurrency: 1 });
    await submit(capability);
    const free = await join(capability);
    const ids = async (query: string): Promise<string[]> => {
      const { body } = await muster.call(`GET /agents?capability=${capability}${query}`);
      return body.items.map(({ agentId }: { agentId: string }) => agentId).toSorted();
    };
    expect(await ids('')).toEqual([busy.agentId, free.agentId].toSorted());
    expect(await ids('&available=true')).toEqual([free.agentId]);
    await muster.call(`POST /agents/${free.agentId}/drain`);
    expect(await ids('&status=draining')).toEqual([free.agentId]);
    expect(await ids('&available=true')).toEqual([]);
  });

  it('pauses and resumes: nothing new meanwhile, and what waits is given at once', async () => {
    const capability = randomUUID();
    const { socket, agentId } = await join(capability);
    expect((await muster.call(`POST /agents/${agentId}/pause`)).body).toMatchObject({ state: 'paused' });
    const { taskId, status } = await submit(capability);
    expect(status).toBe('QUEUED');
    const explained = await muster.call(`GET /tasks/${taskId}/explain`);
    expect(explained.body).toMatchObject({ status: 'QUEUED', queue: { position: 1 } });
    expect(explained.body.agents).toContainEqual(expect.objectContaining({ agentId, whyNot: 'paused' }));
    await muster.call(`POST /agents/${agentId}/resume`);
    expect(await finish(socket)).toBe(taskId);
  });

  it('raises and lowers how much an agent takes', async () => {
    const capability = randomUUID();
    const { socket, agentId } = await join(capability, { maxConcurrency: 1 });
    const one = await submit(capability);
    const two = await submit(capability);
    expect([one.status, two.status]).toEqual(['ASSIGNED', 'QUEUED']);
    expect((await muster.call(`PATCH /agents/${agentId}`, { maxConcurrency: 2 })).body).toMatchObject({
      maxConcurrency: 2,
    });
    await until('the second is given', async () => (await statusOf(two.taskId)) === 'ASSIGNED');
    expect((await muster.call(`PATCH /agents/${agentId}`, { maxConcurrency: 1 })).body).toMatchObject({
      freeSlots: expect.any(Number),
    });
    const three = await submit(capability);
    expect(three.status).toBe('QUEUED');
    await finish(socket);
    expect(await statusOf(three.taskId), 'one slot is over, so room is not yet there').toBe('QUEUED');
    await finish(socket);
    await until('the third is given', async () => (await statusOf(three.taskId)) === 'ASSIGNED');
  });

  it('removes an agent, whose name is free again', async () => {
    const capability = randomUUID();
    const name = `gone-${capability}`;
    const { socket, agentId } = await join(capability, { name });
    await socket.close();
    expect((await muster.call(`DELETE /agents/${agentId}`)).status).toBe(204);
    expect((await muster.call(`GET /agents/${agentId}`)).status).toBe(404);
    expect((await submit(capability)).unrunnable).toEqual(expect.any(String));
    const again = await join(capability, { name });
    expect((await muster.call(`GET /agents/${again.agentId}`)).body).toMatchObject({ name, connected: true });
    await finish(again.socket);
  });
});

describe('an agent', () => {
  it('that joins is given what waits for it, the urgent first', async () => {
    const capability = randomUUID();
    const low = await submit(capability, { priority: 'low' });
    const normal = await submit(capability);
    const critical = await submit(capability, { priority: 'critical' });
    const { socket } = await join(capability, { maxConcurrency: 1 });
    const order = [await finish(socket), await finish(socket), await finish(socket)];
    expect(order).toEqual([critical.taskId, normal.taskId, low.taskId]);
  });

  it('that drains finishes what it has and is given nothing more', async () => {
    const capability = randomUUID();
    const { socket } = await join(capability, { maxConcurrency: 1 });
    const first = await submit(capability);
    const second = await submit(capability);
    expect((await socket.ask('agent.update', { status: 'draining' })).type).toBe('ack');
    expect(await finish(socket)).toBe(first.taskId);
    expect(await statusOf(second.taskId)).toBe('QUEUED');
    const heir = await join(capability);
    expect(await finish(heir.socket)).toBe(second.taskId);
  });

  it('that learns something is given the tasks that ask for it', async () => {
    const capability = randomUUID();
    const { socket } = await join(`other-${capability}`);
    const { taskId } = await submit(capability);
    await socket.ask('agent.update', { capabilities: [`other-${capability}`, capability] });
    expect(await finish(socket)).toBe(taskId);
  });

  it('that declines gives the task to another', async () => {
    const capability = randomUUID();
    const first = await join(capability);
    const { taskId } = await submit(capability);
    await first.socket.next('task.assigned');
    const second = await join(capability);
    await first.socket.ask('task.reject', { taskId, attempt: 1, reason: 'not today' });
    expect(await finish(second.socket)).toBe(taskId);
  });

  it('is chosen by what a task requires of it', async () => {
    const capability = randomUUID();
    await join(capability, { labels: { region: 'us' }, capabilities: [{ name: capability, confidence: 0.5 }] });
    const fit = await join(capability, {
      labels: { region: 'eu' },
      capabilities: [{ name: capability, confidence: 0.9 }],
    });
    const requirements = { capabilities: [capability], labels: { region: 'eu' }, minConfidence: 0.8 };
    for (const strategy of ['round_robin', 'least_loaded', 'capability_match'])
      expect(await submit(capability, { requirements, strategy })).toMatchObject({
        agentId: fit.agentId,
        decision: { strategy },
      });
  });

  it('that was told nothing of a batch works it off', async () => {
    const capability = randomUUID();
    const { socket } = await join(capability, { maxConcurrency: 2 });
    const tasks = Array.from({ length: 12 }, (_, input) => ({
      type: 't',
      input,
      requirements: { capabilities: [capability] },
    }));
    const { body } = await muster.call('POST /tasks/batch', { tasks });
    const ids = body.items.map(({ taskId }: { taskId: string }) => taskId);
    expect(new Set(ids).size).toBe(12);
    const done = new Set<string>();
    for (let index = 0; index < 12; index++) done.add(await finish(socket));
    expect(done).toEqual(new Set(ids));
    const page = await muster.call('GET /tasks?limit=5');
    expect(page.body.items).toHaveLength(5);
    const next = await muster.call(`GET /tasks?limit=5&cursor=${encodeURIComponent(page.body.nextCursor)}`);
    const seen = [...page.body.items, ...next.body.items].map(({ taskId }: { taskId: string }) => taskId);
    expect(new Set(seen).size).toBe(10);
  });
});
