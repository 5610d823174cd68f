import { beforeEach, describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import { hashSecret } from '#core/identity/api-key.ts';
import { createConnectHandler } from '#functions/websocket/connect.ts';
import { createDisconnectHandler } from '#functions/websocket/disconnect.ts';
import { context, createWorld, frameText, openSocket, principal, snapshot, type World } from '../harness.ts';

const secret = 'S'.repeat(24);
let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.ports.table.put({
    key: keys.apiKey('acme', 'k1'),
    item: { secretHash: hashSecret(secret), role: 'agent' },
    clauses: {},
  });
});

const connect = (headers?: object, query?: object) =>
  createConnectHandler(world.services)(
    {
      headers,
      ...(query === undefined ? {} : { queryStringParameters: query }),
      requestContext: { routeKey: '$connect', eventType: 'CONNECT', connectionId: 'c1' },
    },
    context,
  );

describe('connect', () => {
  it.each(['Authorization', 'authorization', 'AUTHORIZATION'])('takes a live key in the header %s', async (name) => {
    expect(await connect({ [name]: `Bearer mst_acme_k1_${secret}` })).toEqual({ statusCode: 200 });
    expect(await world.ports.table.get(keys.connection('c1'))).toMatchObject({
      principal: { tenant: 'acme', id: 'key:k1', role: 'agent' },
    });
  });

  it.each([
    ['no header at all', undefined, undefined],
    ['no key', {}, undefined],
    ['a wrong secret', { Authorization: `Bearer mst_acme_k1_${'T'.repeat(24)}` }, undefined],
    ['an unknown key', { Authorization: `Bearer mst_acme_k2_${secret}` }, undefined],
    ['another tenant’s key', { Authorization: `Bearer mst_rival_k1_${secret}` }, undefined],
    ['another scheme', { Authorization: `Basic mst_acme_k1_${secret}` }, undefined],
    [
      'a key in the query string',
      {},
      { Authorization: `Bearer mst_acme_k1_${secret}`, token: `mst_acme_k1_${secret}` },
    ],
  ])('refuses %s with 401 and remembers nothing', async (_what, headers, query) => {
    const before = snapshot(world);
    expect(await connect(headers, query)).toEqual({ statusCode: 401 });
    expect(snapshot(world)).toBe(before);
  });

  it('refuses an encoding that it does not speak', async () => {
    expect(await connect({ Authorization: `Bearer mst_acme_k1_${secret}` }, { encoding: 'cbor' })).toEqual({
      statusCode: 400,
    });
  });

  it('names the subprotocol that a browser offered, and nothing else of what it offered', async () => {
    const headers = {
      Authorization: `Bearer mst_acme_k1_${secret}`,
      'Sec-WebSocket-Protocol': 'muster.v1, ticket.abc',
    };
    expect(await connect(headers)).toEqual({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'muster.v1' } });
  });

  it('answers 500 and logs the reason when it cannot tell', async () => {
    const services = {
      ...world.services,
      table: { ...world.ports.table, get: () => Promise.reject(new Error('broken')) },
    };
    const answer = await createConnectHandler(services)(
      { headers: { Authorization: `Bearer mst_acme_k1_${secret}` }, requestContext: { connectionId: 'c1' } },
      context,
    );
    expect(answer).toEqual({ statusCode: 500 });
    expect(world.ports.log.lines.at(-1)?.fields).toMatchObject({ errorMessage: 'broken' });
  });
});

describe('disconnect', () => {
  it('forgets the socket, once, and starts the grace of an agent that holds work', async () => {
    const agent = await openSocket(world, principal('agent'));
    await agent.send(frameText('agent.register', { name: 'ada' }));
    const client = await openSocket(world, principal('submitter'));
    await client.send(frameText('task.submit', { task: { type: 'x' } }));
    const disconnect = () =>
      createDisconnectHandler(world.services)({ requestContext: { connectionId: agent.connectionId } }, context);
    expect(await disconnect()).toEqual({ statusCode: 200 });
    expect(await disconnect()).toEqual({ statusCode: 200 });
    expect(world.ports.queues.timers.filter(({ message }) => message.kind === 'reconnect-grace')).toHaveLength(1);
    expect(await world.ports.table.get(keys.connection(agent.connectionId))).toBeUndefined();
  });
});
