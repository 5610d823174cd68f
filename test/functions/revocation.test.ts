import { beforeEach, describe, expect, it } from 'vitest';
import { sweep } from '#core/sweep/sweep.ts';
import { createAccessHandler } from '#functions/http/access.ts';
import { createAuthoriseHandler } from '#functions/http/authorise.ts';
import { createConnectHandler } from '#functions/websocket/connect.ts';
import { createMessageHandler } from '#functions/websocket/message.ts';
import { callRoute, context, createWorld, frameText, principal, type World } from './harness.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const access = (key: string, request?: Parameters<typeof callRoute>[2]) =>
  callRoute(createAccessHandler(world.services), key, request);

const newKey = async (more: object = {}): Promise<{ keyId: string; apiKey: string }> =>
  (await access('POST /v1/keys', { body: { name: 'k', role: 'agent', ...more } })).body;

const connect = (connectionId: string, headers: Record<string, string>) =>
  createConnectHandler(world.services)({ headers, requestContext: { connectionId } }, context);

const say = async (connectionId: string, type: string, payload: unknown, seq = 1) => {
  const before = world.ports.sockets.framesTo(connectionId).length;
  const body = frameText(type, payload, { seq, ack: true });
  await createMessageHandler(world.services)({ body, requestContext: { connectionId } }, context);
  return world.ports.sockets.framesTo(connectionId).slice(before);
};

describe('a key that is revoked', () => {
  it('closes its sockets at once, and those of tickets made with it, and nobody else’s', async () => {
    const { keyId, apiKey } = await newKey();
    const other = await newKey();
    await connect('c1', { Authorization: `Bearer ${apiKey}` });
    await connect('c2', { Authorization: `Bearer ${other.apiKey}` });
    const who = { ...principal('agent'), id: `key:${keyId}` };
    const { body: ticket } = await access('POST /v1/tickets', { who });
    await connect('c3', { 'Sec-WebSocket-Protocol': ticket.protocols.join(', ') });
    expect(await access('DELETE /v1/keys/{keyId}', { params: { keyId } })).toMatchObject({ status: 204 });
    expect(world.ports.sockets.closed.toSorted()).toEqual(['c1', 'c3']);
    expect(await connect('c4', { Authorization: `Bearer ${apiKey}` })).toEqual({ statusCode: 401 });
    const decision = await createAuthoriseHandler(world.services)(
      { headers: { authorization: `Bearer ${apiKey}` } },
      context,
    );
    expect(decision).toEqual({ isAuthorized: false, context: {} });
  });

  it('is refused by an environment that knew it within 30 s, and the socket closed', async () => {
    const { keyId, apiKey } = await newKey();
    await connect('c1', { Authorization: `Bearer ${apiKey}` });
    expect(await say('c1', 'agent.register', { name: 'a' })).toMatchObject([{ type: 'agent.registered' }, {}]);
    // The index does not show the socket yet: nobody finds it to close it.
    const blind = { ...world.services, table: { ...world.ports.table, query: async () => ({ items: [] }) } };
    await callRoute(createAccessHandler(blind), 'DELETE /v1/keys/{keyId}', { params: { keyId } });
    expect(world.ports.sockets.closed).toEqual([]);
    world.ports.clock.advance(30_000);
    expect(await say('c1', 'agent.heartbeat', { tasks: [] }, 2)).toMatchObject([
      { type: 'error', payload: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(world.ports.sockets.closed).toEqual(['c1']);
  });

  it('loses a silent socket that nobody saw to the next sweep', async () => {
    const { keyId, apiKey } = await newKey({ role: 'viewer' });
    const blind = { ...world.services, table: { ...world.ports.table, query: async () => ({ items: [] }) } };
    await connect('c1', { Authorization: `Bearer ${apiKey}` });
    await callRoute(createAccessHandler(blind), 'DELETE /v1/keys/{keyId}', { params: { keyId } });
    world.ports.clock.advance(59_000);
    await sweep(world.services);
    expect(world.ports.sockets.closed).toEqual(['c1']);
  });
});

describe('a credential that ends by itself', () => {
  beforeEach(() => {
    const endsAt = world.ports.clock.now() + 90_000;
    world.ports.tokens.valid.set('a.b.c', { tenant: 'acme', subject: 'ada', role: 'viewer', endsAt });
  });

  it('ends what its socket says', async () => {
    await connect('c1', { Authorization: 'Bearer a.b.c' });
    world.ports.clock.advance(89_999);
    expect(await say('c1', 'unwatch', {})).toMatchObject([{ type: 'ack' }]);
    world.ports.clock.advance(1);
    expect(await say('c1', 'unwatch', {}, 2)).toMatchObject([{ payload: { code: 'UNAUTHENTICATED' } }]);
    expect(world.ports.sockets.closed).toEqual(['c1']);
  });

  it('loses a socket that only listens to the sweep of that minute', async () => {
    await connect('c1', { Authorization: 'Bearer a.b.c' });
    await sweep(world.services);
    expect(world.ports.sockets.closed).toEqual([]);
    world.ports.clock.advance(120_000);
    await sweep(world.services);
    expect(world.ports.sockets.closed).toEqual(['c1']);
  });
});

describe('capabilities that were granted', () => {
  it('are all that an agent under the key may claim, when it registers and later', async () => {
    const { apiKey } = await newKey({ capabilities: ['review'] });
    await connect('c1', { Authorization: `Bearer ${apiKey}` });
    const refusal = { type: 'error', payload: { code: 'FORBIDDEN', field: 'capabilities.1' } };
    expect(await say('c1', 'agent.register', { name: 'a', capabilities: ['review', 'deploy'] })).toMatchObject([
      refusal,
    ]);
    expect(world.ports.table.items().filter(({ sk }) => sk === 'PROFILE')).toEqual([]);
    await say('c1', 'agent.register', { name: 'a', capabilities: ['review'] }, 2);
    expect(await say('c1', 'agent.update', { capabilities: ['review', 'deploy'] }, 3)).toMatchObject([refusal]);
    expect(world.ports.table.items().find(({ sk }) => sk === 'PROFILE')).toMatchObject({
      capabilities: [{ name: 'review' }],
    });
  });

  it('let a ticket speak for the agent that it names only', async () => {
    const { body } = await access('POST /v1/tickets', {
      who: principal('agent'),
      body: { agentId: 'agt_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90' },
    });
    await connect('c1', { 'Sec-WebSocket-Protocol': body.protocols.join(',') });
    expect(await say('c1', 'agent.register', { name: 'other' })).toMatchObject([
      { payload: { code: 'FORBIDDEN', field: 'agentId' } },
    ]);
    const agentId = 'agt_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
    expect(await say('c1', 'agent.register', { name: 'mine', agentId }, 2)).toMatchObject([
      { type: 'agent.registered', payload: { agentId } },
      {},
    ]);
  });
});

describe('a handshake with a ticket', () => {
  it('names the protocol and never the ticket', async () => {
    const { body } = await access('POST /v1/tickets', { who: principal('viewer') });
    expect(await connect('c1', { 'Sec-WebSocket-Protocol': body.protocols.join(', ') })).toEqual({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'muster.v1' },
    });
    expect(await connect('c2', { 'Sec-WebSocket-Protocol': body.protocols.join(', ') })).toEqual({ statusCode: 401 });
  });
});
