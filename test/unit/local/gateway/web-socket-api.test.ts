import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  closing,
  failure,
  handshake,
  nextMessage,
  open,
  openRaw,
  refusal,
  startWebSocketWorld,
  startWorld,
  stopGateways,
  wsApi,
  wsRoute,
  wsUrl,
} from './harness.ts';

afterEach(stopGateways);

const minute = 60_000;

describe('$connect', () => {
  it('is called with the handshake', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world, {
      rest: '/ws?token=a&token=b&x=%20y',
      headers: { Authorization: 'Bearer t', 'User-Agent': 'agent' },
    });
    const [event] = world.functions.of('connect');
    expect(event).toEqual({
      headers: expect.objectContaining({ Authorization: 'Bearer t', Host: expect.any(String), Upgrade: 'websocket' }),
      multiValueHeaders: expect.objectContaining({ Authorization: ['Bearer t'] }),
      queryStringParameters: { token: 'b', x: ' y' },
      multiValueQueryStringParameters: { token: ['a', 'b'], x: [' y'] },
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        extendedRequestId: expect.stringMatching(/^[\w-]{15}=$/),
        requestTime: '12/Mar/2026:19:03:58 +0000',
        messageDirection: 'IN',
        stage: 'prod',
        connectedAt: world.clock.now(),
        requestTimeEpoch: world.clock.now(),
        identity: { sourceIp: '127.0.0.1', userAgent: 'agent' },
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        domainName: 'wsapi00001.execute-api.us-east-1.amazonaws.com',
        connectionId: expect.stringMatching(/^[\w-]{15}=$/),
        apiId: 'wsapi00001',
      },
      isBase64Encoded: false,
    });
    client.close();
  });

  it.each([
    ['the status of the function', { statusCode: 401 }, 401],
    ['another status of the function', { statusCode: 429, body: 'slow down' }, 429],
    ['502 for a failed function', failure, 502],
    ['502 for an answer without a status', { body: 'x' }, 502],
  ])('refuses the handshake with %s', async (_name, answer, status) => {
    const world = await startWebSocketWorld({ connect: () => answer });
    expect((await refusal(world)).status).toBe(status);
    expect(world.functions.of('disconnect')).toHaveLength(0);
  });

  it('refuses with 504 when the function takes longer than 29 s', async () => {
    const world = await startWebSocketWorld({ connect: () => new Promise(() => undefined) });
    const refused = refusal(world);
    await world.functions.atLeast('connect', 1);
    world.clock.advance(29_000);
    expect((await refused).status).toBe(504);
  });

  it('refuses a path that is no API with 403 and a malformed handshake with 400', async () => {
    const world = await startWebSocketWorld();
    expect(await refusal(world, '/other')).toEqual({ status: 403, body: { message: 'Forbidden' } });
    const socket = connectTcp(world.gateway.port, '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    const [data] = await once(socket, 'data');
    expect(String(data)).toContain('HTTP/1.1 400');
    expect(world.functions.calls).toHaveLength(0);
    socket.destroy();
  });

  it.each([
    ['the one its response names', { 'Sec-WebSocket-Protocol': 'muster.v1' }, 'muster.v1'],
    ['the one its response names in any case', { 'sec-websocket-protocol': 'muster.v1' }, 'muster.v1'],
  ])('selects as subprotocol %s', async (_name, headers, selected) => {
    const world = await startWebSocketWorld({ connect: () => ({ statusCode: 200, headers }) });
    const client = new WebSocket(wsUrl(world), ['muster.v1', 'ticket.secret']);
    await once(client, 'open');
    expect(client.protocol).toBe(selected);
    client.close();
  });

  it('selects no subprotocol of its own', async () => {
    const world = await startWebSocketWorld();
    const client = new WebSocket(wsUrl(world), ['muster.v1']);
    const [error] = await once(client, 'error');
    expect(String(error)).toContain('Server sent no subprotocol');
  });

  it('reports a client that left while it ran', async () => {
    const { promise: answered, resolve } = Promise.withResolvers<unknown>();
    const world = await startWebSocketWorld({ connect: () => answered });
    const socket = connectTcp(world.gateway.port, '127.0.0.1');
    socket.write(handshake);
    const [event] = await world.functions.atLeast('connect', 1);
    socket.destroy();
    await once(socket, 'close');
    resolve({ statusCode: 200 });
    const [left] = await world.functions.atLeast('disconnect', 1);
    expect(left.requestContext).toMatchObject({
      connectionId: event.requestContext.connectionId,
      disconnectStatusCode: 1006,
    });
  });

  it('is followed by $disconnect when the handshake fails after it', async () => {
    const world = await startWebSocketWorld();
    const socket = connectTcp(world.gateway.port, '127.0.0.1');
    socket.write(handshake.replace('Host: x', 'Host: x\r\nSec-WebSocket-Protocol: a,a'));
    const [data] = await once(socket, 'data');
    expect(String(data)).toContain('HTTP/1.1 400');
    await world.functions.atLeast('disconnect', 1);
    socket.destroy();
  });

  it('cannot be pushed to while it runs', async () => {
    const pushed: unknown[] = [];
    const world = await startWebSocketWorld({
      connect: async (event) => {
        const push = world.gateway.connections.postToConnection(event.requestContext.connectionId, 'too early');
        pushed.push(await push.catch((error: unknown) => error));
        return { statusCode: 200 };
      },
    });
    const { client } = await open(world);
    expect(pushed).toEqual([expect.objectContaining({ code: 'GoneException', statusCode: 410 })]);
    client.close();
  });
});

describe('messages', () => {
  it('come as MESSAGE events', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    client.send('not json');
    const [event] = await world.functions.atLeast('handler', 1);
    expect(event).toEqual({
      requestContext: expect.objectContaining({
        routeKey: '$default',
        eventType: 'MESSAGE',
        messageDirection: 'IN',
        messageId: expect.stringMatching(/^[\w-]{15}=$/),
        connectionId,
      }),
      body: 'not json',
      isBase64Encoded: false,
    });
    client.close();
  });

  it('are handed over concurrently, never one after another', async () => {
    const answers = new Map<string, (value: unknown) => void>();
    const world = await startWebSocketWorld({
      handler: (event) => new Promise((resolve) => answers.set(event.body, resolve)),
    });
    const { client } = await open(world);
    for (let index = 0; index < 20; index += 1) client.send(String(index));
    await world.functions.atLeast('handler', 20);
    expect(answers.size).toBe(20);
    for (const answer of answers.values()) answer({ statusCode: 200 });
    client.close();
  });

  it('go to the route the selection expression names, else to $default', async () => {
    const world = await startWorld({ handler: () => ({ statusCode: 200 }), connect: () => ({ statusCode: 200 }) });
    world.gateway.addWebSocketApi(
      wsApi([wsRoute('$connect', 'connect'), wsRoute('$default'), wsRoute('join'), wsRoute('7')]),
    );
    const { client } = await open(world);
    const bodies = [
      '{"action":"join"}',
      '{"action":"other"}',
      '{"action":7}',
      '[',
      '{"action":"$connect"}',
      '{}',
      'null',
    ];
    for (const body of bodies) client.send(body);
    const events = await world.functions.atLeast('handler', bodies.length);
    expect(events.map((event) => event.requestContext.routeKey)).toEqual([
      'join',
      '$default',
      '7',
      '$default',
      '$default',
      '$default',
      '$default',
    ]);
    client.close();
  });

  it('get a Forbidden frame where no route takes them', async () => {
    const world = await startWorld({ connect: () => ({ statusCode: 200 }) });
    world.gateway.addWebSocketApi(wsApi([wsRoute('$connect', 'connect')]));
    const { client, connectionId } = await open(world);
    client.send('not json');
    expect(JSON.parse(await nextMessage(client))).toEqual({
      message: 'Forbidden',
      connectionId,
      requestId: expect.any(String),
    });
    client.close();
  });

  it.each([
    ['fails', failure],
    ['answers without a status', { body: 'x' }],
    ['answers nothing', undefined],
  ])('get an error frame when the function %s', async (_name, answer) => {
    const world = await startWebSocketWorld({ handler: () => answer });
    const { client, connectionId } = await open(world);
    client.send('x');
    expect(JSON.parse(await nextMessage(client))).toEqual({
      message: 'Internal server error',
      connectionId,
      requestId: expect.any(String),
    });
    client.close();
  });

  it('get an error frame when the function takes longer than 29 s', async () => {
    const world = await startWebSocketWorld({ handler: () => new Promise(() => undefined) });
    const { client } = await open(world);
    client.send('x');
    await world.functions.atLeast('handler', 1);
    const message = nextMessage(client);
    world.clock.advance(29_000);
    expect(JSON.parse(await message)).toMatchObject({ message: 'Endpoint request timed out' });
    client.close();
  });

  it('are answered with the returned body only on a route with a route response', async () => {
    const world = await startWorld({
      connect: () => ({ statusCode: 200 }),
      handler: (event) => ({ statusCode: 200, body: `answer to ${event.requestContext.routeKey}` }),
    });
    world.gateway.addWebSocketApi(
      wsApi([
        wsRoute('$connect', 'connect'),
        wsRoute('silent'),
        wsRoute('asked', 'handler', { routeResponse: true }),
        wsRoute('$default'),
      ]),
    );
    const { client } = await open(world);
    client.send('{"action":"silent"}');
    await world.functions.atLeast('handler', 1);
    client.send('{"action":"asked"}');
    expect(await nextMessage(client)).toBe('answer to asked');
    expect(world.counted['websocket.messages']).toBe(3);
    client.close();
  });

  it('are answered with an empty frame on a route with a route response whose function returns no body', async () => {
    const world = await startWorld({ connect: () => ({ statusCode: 200 }), handler: () => ({ statusCode: 200 }) });
    world.gateway.addWebSocketApi(
      wsApi([wsRoute('$connect', 'connect'), wsRoute('asked', 'handler', { routeResponse: true })]),
    );
    const { client } = await open(world);
    client.send('{"action":"asked"}');
    expect(await nextMessage(client)).toBe('');
    client.close();
  });
});

describe('the end of a connection', () => {
  it.each([
    [1000, undefined, 1000, 'Connection Closed Normally'],
    [4001, 'my reason', 4001, 'my reason'],
    [undefined, undefined, 1005, 'Client-side close frame status not set'],
  ])('by a client that closes %s %s calls $disconnect with %i', async (code, reason, status, text) => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    client.close(code, reason);
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext).toMatchObject({
      routeKey: '$disconnect',
      eventType: 'DISCONNECT',
      connectionId,
      disconnectStatusCode: status,
      disconnectReason: text,
    });
  });

  it('by a lost socket calls $disconnect once with 1006', async () => {
    const world = await startWebSocketWorld();
    const raw = await openRaw(world);
    raw.socket.resetAndDestroy();
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext.disconnectStatusCode).toBe(1006);
    await world.gateway.stop();
    expect(world.functions.of('disconnect')).toHaveLength(1);
  });

  it('comes with 1001 after 10 minutes without a frame', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    world.clock.advance(10 * minute - 1);
    expect(world.functions.of('disconnect')).toHaveLength(0);
    world.clock.advance(1);
    expect(await closing(client)).toEqual({ code: 1001, reason: 'Going away' });
    const events = await world.functions.atLeast('disconnect', 1);
    expect(events.map((event) => event.requestContext.disconnectStatusCode)).toEqual([1001]);
    expect(world.counted['websocket.connectionMinutes']).toBe(10);
  });

  it('is put off by a frame either way and by a ping', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    world.clock.advance(9 * minute);
    client.send('x');
    await world.functions.atLeast('handler', 1);
    world.clock.advance(9 * minute);
    client.ping();
    await once(client, 'pong');
    world.clock.advance(9 * minute);
    await world.gateway.connections.postToConnection(connectionId, 'y');
    world.clock.advance(9 * minute);
    expect(world.functions.of('disconnect')).toHaveLength(0);
    world.clock.advance(minute);
    expect((await closing(client)).code).toBe(1001);
  });

  it('comes with 1001 after 2 hours whatever is sent', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    for (let passed = 0; passed < 119; passed += 7) {
      world.clock.advance(7 * minute);
      await world.gateway.connections.postToConnection(connectionId, 'still here');
    }
    world.clock.advance(minute);
    expect((await closing(client)).code).toBe(1001);
  });

  it('comes after scaled limits', async () => {
    const world = await startWebSocketWorld({}, { limits: { idleMs: 1000 } });
    const { client } = await open(world);
    world.clock.advance(1000);
    expect((await closing(client)).code).toBe(1001);
  });

  it('cuts a client that does not answer the close', async () => {
    const world = await startWebSocketWorld();
    const raw = await openRaw(world);
    world.clock.advance(10 * minute);
    await world.functions.atLeast('disconnect', 1);
    world.clock.advance(5000);
    await raw.ended;
    expect(world.functions.of('disconnect')).toHaveLength(1);
  });

  it('comes with 1001 when the gateway stops, $disconnect included', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    const closed = closing(client);
    await world.gateway.stop();
    expect((await closed).code).toBe(1001);
    expect(world.functions.of('disconnect')).toHaveLength(1);
  });

  it('loses $disconnect when chaos says so', async () => {
    const lost = [true, false];
    const chaos = { dropDisconnect: () => lost.shift() ?? false, refusePush: () => undefined };
    const world = await startWebSocketWorld({}, { chaos });
    const first = await open(world);
    first.client.close();
    await closing(first.client);
    const second = await open(world);
    second.client.close();
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext.connectionId).toBe(second.connectionId);
  });
});

describe('the specification', () => {
  it('is refused with another selection expression or a taken path', async () => {
    const world = await startWebSocketWorld();
    const expression = { routeSelectionExpression: '$request.header.x' };
    expect(() => world.gateway.addWebSocketApi(wsApi([], { path: '/b', ...expression }))).toThrow(
      'Route selection expression',
    );
    expect(() => world.gateway.addWebSocketApi(wsApi([]))).toThrow('Two WebSocket APIs');
  });
});
