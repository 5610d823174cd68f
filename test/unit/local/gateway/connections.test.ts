import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { closing, nextMessage, open, startWebSocketWorld, stopGateways, type World } from './harness.ts';

let door: Server | undefined;

afterEach(async () => {
  door?.close();
  door = undefined;
  await stopGateways();
});

/** A front door that mounts the management API; its base URL. */
async function mount(world: World): Promise<string> {
  const { connections } = world.gateway;
  door = createServer((request, response) => {
    void connections.handleHttp(request, response).then((isServed) => isServed || response.writeHead(418).end());
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const address = door.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const gone = expect.objectContaining({ code: 'GoneException', statusCode: 410 });

describe('connections', () => {
  it('pushes text to an open connection and counts it', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const message = nextMessage(client);
    await world.gateway.connections.postToConnection(connectionId, Buffer.from('grüß'));
    expect(await message).toBe('grüß');
    expect(world.counted['websocket.messages']).toBe(1);
    client.close();
  });

  it('answers 410 after the close, whoever closed', async () => {
    const world = await startWebSocketWorld();
    const first = await open(world);
    first.client.close();
    await world.functions.atLeast('disconnect', 1);
    await expect(world.gateway.connections.postToConnection(first.connectionId, 'x')).rejects.toEqual(gone);
    await expect(world.gateway.connections.getConnection(first.connectionId)).rejects.toEqual(gone);
    await expect(world.gateway.connections.deleteConnection(first.connectionId)).rejects.toEqual(gone);
    const second = await open(world);
    world.clock.advance(10 * 60_000);
    await expect(world.gateway.connections.postToConnection(second.connectionId, 'x')).rejects.toEqual(gone);
  });

  it('takes 128 KB and refuses one byte more with 413', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    await world.gateway.connections.postToConnection(connectionId, 'x'.repeat(128 * 1024));
    expect(world.counted['websocket.messages']).toBe(4);
    await expect(
      world.gateway.connections.postToConnection(connectionId, 'x'.repeat(128 * 1024 + 1)),
    ).rejects.toMatchObject({ code: 'PayloadTooLargeException', statusCode: 413 });
    client.close();
  });

  it('tells of a connection and when it was last active', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world, { headers: { 'User-Agent': 'agent' } });
    world.clock.advance(60_000);
    client.send('x');
    await world.functions.atLeast('handler', 1);
    expect(await world.gateway.connections.getConnection(connectionId)).toEqual({
      connectedAt: '2026-03-12T19:03:58.000Z',
      lastActiveAt: '2026-03-12T19:04:58.000Z',
      identity: { sourceIp: '127.0.0.1', userAgent: 'agent' },
    });
    client.close();
  });

  it('deletes with 1000', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const closed = closing(client);
    await world.gateway.connections.deleteConnection(connectionId);
    expect((await closed).code).toBe(1000);
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext).toMatchObject({
      disconnectStatusCode: 1000,
      disconnectReason: 'Connection Closed Normally',
    });
  });

  it('refuses pushes as chaos says', async () => {
    const refusals: ('gone' | 'limit' | undefined)[] = ['gone', 'limit', undefined];
    const chaos = { dropDisconnect: () => false, refusePush: () => refusals.shift() };
    const world = await startWebSocketWorld({}, { chaos });
    const { client, connectionId } = await open(world);
    const push = () => world.gateway.connections.postToConnection(connectionId, 'x');
    await expect(push()).rejects.toEqual(gone);
    await expect(push()).rejects.toMatchObject({ code: 'LimitExceededException', statusCode: 429 });
    const message = nextMessage(client);
    await push();
    expect(await message).toBe('x');
    client.close();
  });

  it('answers the operations of the service', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const { connections } = world.gateway;
    const message = nextMessage(client);
    expect(await connections.handle('PostToConnection', { ConnectionId: connectionId, Data: 'x' })).toEqual({});
    expect(await message).toBe('x');
    expect(await connections.handle('GetConnection', { ConnectionId: connectionId })).toMatchObject({
      ConnectedAt: '2026-03-12T19:03:58.000Z',
      Identity: { SourceIp: '127.0.0.1' },
    });
    await expect(connections.handle('PostToConnection', { ConnectionId: 5 })).rejects.toMatchObject({
      code: 'BadRequestException',
    });
    await expect(connections.handle('Other', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
    await connections.handle('DeleteConnection', { ConnectionId: connectionId });
    expect((await closing(client)).code).toBe(1000);
  });
});

describe('connections over HTTP', () => {
  it.each(['/@connections/', '/prod/@connections/', '/prod/%40connections/'])('serves %s', async (prefix) => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const url = `${await mount(world)}${prefix}${encodeURIComponent(connectionId)}`;
    const message = nextMessage(client);
    expect((await fetch(url, { method: 'POST', body: 'hello' })).status).toBe(200);
    expect(await message).toBe('hello');
    expect(await (await fetch(url)).json()).toMatchObject({ identity: { sourceIp: '127.0.0.1' } });
    const closed = closing(client);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
    expect((await closed).code).toBe(1000);
    const after = await fetch(url, { method: 'POST', body: 'x' });
    expect([after.status, after.headers.get('x-amzn-errortype')]).toEqual([410, 'GoneException']);
    expect((await fetch(url, { method: 'PATCH' })).status).toBe(403);
  });

  it('answers 413 above 128 KB', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const url = `${await mount(world)}/@connections/${encodeURIComponent(connectionId)}`;
    const response = await fetch(url, { method: 'POST', body: 'x'.repeat(128 * 1024 + 1) });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([413, 'PayloadTooLargeException']);
    client.close();
  });

  it('leaves other paths alone', async () => {
    const world = await startWebSocketWorld();
    const base = await mount(world);
    expect((await fetch(`${base}/a/b/@connections/c`)).status).toBe(418);
    expect((await fetch(`${base}/@connections`)).status).toBe(418);
    expect((await fetch(`${base}/@connections/%E0%A4%A`)).status).toBe(410);
  });
});
