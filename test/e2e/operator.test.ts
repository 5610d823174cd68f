import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RawSocket } from './support/raw-socket.ts';
import { type Muster, startMuster } from './support/start-muster.ts';

let muster: Muster;
const sockets: RawSocket[] = [];

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await muster?.stop();
});

const newTenant = async (): Promise<{ key: string }> => {
  const { body } = await muster.call('POST /tenants', { tenant: `t${randomUUID().slice(0, 8)}` });
  return { key: String(body.key.apiKey) };
};

const join = async (key: string, capability: string): Promise<{ socket: RawSocket; agentId: string }> => {
  const socket = await muster.socket(key);
  sockets.push(socket);
  return { socket, ...(await socket.register({ name: `a-${randomUUID()}`, capabilities: [capability] })) };
};

describe.concurrent('an operator', () => {
  it('opens a browser’s socket with a ticket, which lets in once', async () => {
    const { body } = await muster.call('POST /tickets', {});
    const socket = new WebSocket(muster.ws, body.protocols);
    await once(socket, 'open');
    expect(socket.protocol).toBe('muster.v1');
    socket.terminate();
    await expect(once(new WebSocket(muster.ws, body.protocols), 'open')).rejects.toThrow(/401/);
  });

  it('lists the keys of a tenant', async () => {
    const { key } = await newTenant();
    await muster.call('POST /keys', { name: 'for-agents', role: 'agent' }, { key });
    const { body } = await muster.call('GET /keys', undefined, { key });
    expect(body.items).toContainEqual(expect.objectContaining({ name: 'for-agents', role: 'agent' }));
  });

  it('hears before a workflow is stored whom it would want for', async () => {
    const { key } = await newTenant();
    await join(key, 'known');
    const step = (id: string) => ({ id, type: 't', requirements: { capabilities: [id] } });
    const definition = { mode: 'parallel', name: 'w', tasks: [step('known'), step('missing')] };
    const { status, body } = await muster.call('POST /workflows?dryRun=true', definition, { key });
    expect({ status, unserved: body.unserved }).toMatchObject({ status: 200, unserved: [{ step: 'missing' }] });
    expect((await muster.call('GET /workflows', undefined, { key })).body.items).toEqual([]);
  });

  it('lets a person without a key answer by a link, which opens as often as it likes and answers once', async () => {
    const { key } = await newTenant();
    const { taskId } = (await muster.call('POST /tasks', { kind: 'approval', type: 'ship' }, { key })).body;
    const { url } = (await muster.call(`POST /approvals/${taskId}/links`, { for: 'ada' }, { key })).body;
    const link = `${muster.http}/answers/${url.split('/').at(-1)}`;
    const answer = async (decision: string): Promise<number> =>
      (await fetch(link, { method: 'POST', body: new URLSearchParams({ decision }) })).status;
    expect([(await fetch(link)).status, (await fetch(link)).status]).toEqual([200, 200]);
    expect(await answer('approved')).toBe(200);
    expect(await answer('denied')).toBeGreaterThanOrEqual(400);
    const { body } = await muster.call(`GET /tasks/${taskId}`, undefined, { key });
    expect(body).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'approved' } });
  });

  it('reads the descriptions of the APIs', async () => {
    const { status, body } = await muster.call('GET /openapi.json');
    expect([status, Object.keys(body.paths).length > 50]).toEqual([200, true]);
  });

  it('shuts a tenant down, sees what is left, and opens it again: what waited is given out', async () => {
    const { key } = await newTenant();
    const { socket, agentId } = await join(key, 'c');
    const call = async (request: string, body?: unknown) => (await muster.call(request, body, { key })).body;
    await call(`POST /agents/${agentId}/drain`);
    const text = 'x'.repeat(60_000);
    const requirements = { capabilities: ['c'] };
    const submitted = await call('POST /tasks', { type: 't', requirements, ackTimeoutMs: 60_000, input: { text } });
    expect(submitted.status).toBe('QUEUED');
    expect(await call('POST /system/shutdown')).toMatchObject({ isDone: true, tasks: { inFlight: 0, queued: 1 } });
    expect(await call('GET /system/status')).toMatchObject({ state: 'shutting_down', queued: 1 });
    expect(await call('GET /system/errors')).toMatchObject({ total: 0 });
    expect(await call('POST /system/initialize')).toMatchObject({ state: 'open', resumedAgents: 1 });
    const { payload } = await socket.next('task.assigned');
    const { url } = payload['task'].input.$payload;
    expect(await (await fetch(url)).json()).toEqual({ text });
    const { items } = await call('GET /audit');
    expect(items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['POST /v1/system/shutdown', 'POST /v1/system/initialize']),
    );
  });
});
