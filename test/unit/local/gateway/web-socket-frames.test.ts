import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createFrameGuard } from '../../../../local/gateway/frame-guard.ts';
import {
  closeStatus,
  closing,
  frame,
  nextMessage,
  open,
  openRaw,
  startWebSocketWorld,
  stopGateways,
} from './harness.ts';

afterEach(stopGateways);

const kilobytes = (count: number, more = 0): string => 'x'.repeat(count * 1024 + more);

/** Sends a text message cut into frames of `frameBytes`. */
function sendCut(client: { send: (data: string, options: object) => void }, text: string, frameBytes: number): void {
  for (let offset = 0; offset < text.length; offset += frameBytes) {
    const fin = offset + frameBytes >= text.length;
    client.send(text.slice(offset, offset + frameBytes), { fin });
  }
}

describe('frame limits', () => {
  it('takes a frame of exactly 32 KB', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    client.send(kilobytes(32));
    const [event] = await world.functions.atLeast('handler', 1);
    expect(event.body).toHaveLength(32 * 1024);
    client.close();
  });

  it('closes 1009 on a frame of one byte more and tells $disconnect so', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    client.send(kilobytes(32, 1));
    expect((await closing(client)).code).toBe(1009);
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext.disconnectStatusCode).toBe(1009);
    expect(world.functions.of('handler')).toHaveLength(0);
  });

  it('takes a message of exactly 128 KB in 32 KB frames', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    sendCut(client, kilobytes(128), 32 * 1024);
    const [event] = await world.functions.atLeast('handler', 1);
    expect(event.body).toHaveLength(128 * 1024);
    expect(world.counted['websocket.messages']).toBe(4);
    client.close();
  });

  it('closes 1009 on a message of one byte more, whatever its frames', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    sendCut(client, kilobytes(128, 1), 32 * 1024);
    expect((await closing(client)).code).toBe(1009);
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext.disconnectStatusCode).toBe(1009);
    expect(world.functions.of('handler')).toHaveLength(0);
  });

  it('closes 1003 on a binary frame', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    client.send(Buffer.from('bytes'));
    expect((await closing(client)).code).toBe(1003);
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext.disconnectStatusCode).toBe(1003);
  });

  it('hands over a legal frame that came in the same packet before an illegal one', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const raw = await openRaw(world);
    raw.socket.write(Buffer.concat([frame(1, Buffer.from('first')), frame(2, Buffer.from('binary'))]));
    await raw.ended;
    expect(closeStatus(raw.received())).toBe(1003);
    expect(world.functions.of('handler').map((event) => event.body)).toEqual(['first']);
    expect(connectionId).not.toBe('');
    client.close();
  });

  it('refuses an oversized frame from its header alone, before its payload arrives', async () => {
    const world = await startWebSocketWorld();
    const raw = await openRaw(world);
    raw.socket.write(frame(1, Buffer.alloc(40_000)).subarray(0, 4));
    await raw.ended;
    expect(closeStatus(raw.received())).toBe(1009);
  });
});

describe('protocol errors', () => {
  it.each([
    ['an unmasked frame', frame(1, Buffer.from('x'), { masked: false }), 1002],
    ['a reserved opcode', frame(3, Buffer.from('x')), 1002],
    ['a continuation without a start', frame(0, Buffer.from('x')), 1002],
    ['invalid UTF-8', frame(1, Buffer.from([0xc3, 0x28])), 1007],
    ['a fragmented ping', frame(9, Buffer.from('x'), { fin: false }), 1002],
  ])('closes on %s', async (_name, bytes, code) => {
    const world = await startWebSocketWorld();
    const raw = await openRaw(world);
    raw.socket.write(bytes);
    await raw.ended;
    expect(closeStatus(raw.received())).toBe(code);
    const [event] = await world.functions.atLeast('disconnect', 1);
    expect(event.requestContext.disconnectStatusCode).toBe(code);
  });

  it('answers a ping with a pong of the same payload', async () => {
    const world = await startWebSocketWorld();
    const { client } = await open(world);
    client.ping('are you there');
    const [payload] = await once(client, 'pong');
    expect(String(payload)).toBe('are you there');
    client.close();
  });

  it('joins a message cut in the middle of a character', async () => {
    const world = await startWebSocketWorld();
    const raw = await openRaw(world);
    const euro = Buffer.from('€');
    raw.socket.write(frame(1, euro.subarray(0, 1), { fin: false }));
    raw.socket.write(frame(9, Buffer.from('ping between')));
    raw.socket.write(frame(0, euro.subarray(1)));
    const [event] = await world.functions.atLeast('handler', 1);
    expect(event.body).toBe('€');
    raw.socket.destroy();
  });

  it('sends a push of over 32 KB in frames of at most 32 KB', async () => {
    const world = await startWebSocketWorld();
    const raw = await openRaw(world);
    const [event] = await world.functions.atLeast('connect', 1);
    const arrived = new Promise<void>((resolve) => {
      raw.socket.on('data', () => raw.received().length >= 70_000 + 12 && resolve());
    });
    await world.gateway.connections.postToConnection(event.requestContext.connectionId, 'y'.repeat(70_000));
    await arrived;
    const received = raw.received();
    expect([received[0], received[1], received.readUInt16BE(2)]).toEqual([0x01, 126, 32_768]);
    expect(received[4 + 32_768]).toBe(0x00);
    expect(received[2 * (4 + 32_768)]).toBe(0x80);
    raw.socket.destroy();
  });

  it('delivers a push of 128 KB whole', async () => {
    const world = await startWebSocketWorld();
    const { client, connectionId } = await open(world);
    const message = nextMessage(client);
    await world.gateway.connections.postToConnection(connectionId, kilobytes(128));
    expect(await message).toHaveLength(128 * 1024);
    client.close();
  });
});

describe('createFrameGuard', () => {
  it('finds the same violation however the bytes are cut', () => {
    const bytes = Buffer.concat([
      frame(1, Buffer.alloc(10)),
      frame(1, Buffer.alloc(300)),
      frame(9, Buffer.alloc(0)),
      frame(1, Buffer.alloc(70_000)),
    ]);
    const legalBytes = bytes.length - 70_000 - 14;
    for (const size of [1, 2, 3, 7, 64, 1000, bytes.length]) {
      const inspect = createFrameGuard(32 * 1024);
      const codes: (number | undefined)[] = [];
      for (let offset = 0; offset < bytes.length && codes.at(-1) === undefined; offset += size) {
        codes.push(inspect(bytes.subarray(offset, offset + size)).violation?.code);
      }
      // The length of the fourth frame is complete with its tenth byte.
      expect([codes.at(-1), codes.length - 1]).toEqual([1009, Math.floor((legalBytes + 9) / size)]);
    }
  });
});
