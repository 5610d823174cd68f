import { beforeEach, describe, expect, it } from 'vitest';
import { addressOf } from '#core/contract/address.ts';
import { encodeBinary } from '#core/contract/binary/binary-frame.ts';
import { keys } from '#core/contract/keys.ts';
import { createDisconnectHandler } from '#functions/websocket/disconnect.ts';
import {
  context,
  createWorld,
  frameText,
  openSocket,
  principal,
  snapshot,
  type TestSocket,
  type World,
} from '../harness.ts';

let world: World;
let client: TestSocket;
let agent: TestSocket;

beforeEach(async () => {
  world = createWorld();
  client = await openSocket(world, principal('submitter'), 'c1', 'binary');
  agent = await openSocket(world, principal('agent'), 'a1', 'binary');
});

const binary = (type: string, payload: unknown, fields: Readonly<Record<string, unknown>> = {}): string =>
  encodeBinary({ v: 1, type, id: 'f-1', seq: 1, ts: 0, payload, ...fields });

// The sockets of these tests keep the JSON that is handed over, by the address that it is handed over to.
describe('a connection in the binary encoding', () => {
  it('takes a task from its submit to its end, every answer to the binary address', async () => {
    await agent.send(binary('agent.register', { name: 'ada', capabilities: ['review'] }));
    const [submitted] = await client.send(binary('task.submit', { task: { type: 'review' } }, { id: 'sub' }));
    const taskId = submitted?.payload['taskId'];
    expect(submitted).toMatchObject({ type: 'task.submitted', correlationId: 'sub' });
    const assigned = agent.received().find(({ type }) => type === 'task.assigned');
    expect(assigned?.payload['task']).toMatchObject({ taskId });
    const acknowledged = await agent.send(binary('task.result', { taskId, attempt: 1, output: 'fine' }, { seq: 2 }));
    expect(acknowledged.map(({ type }) => type)).toContain('ack');
    expect(client.received().at(-1)).toMatchObject({ type: 'task.completed', payload: { taskId, output: 'fine' } });
  });

  it('may send JSON as well', async () => {
    const [registered] = await agent.send(frameText('agent.register', { name: 'ada', capabilities: ['review'] }));
    expect(registered?.type).toBe('agent.registered');
  });

  it.each([
    ['text that is neither', 'hello', 'base64'],
    ['nothing', '', 'version'],
    ['a frame cut short', binary('watch', {}).slice(0, 40), '48 bytes'],
    ['a frame of an unknown type', Buffer.from([1, 0x0f, ...Buffer.alloc(46)]).toString('base64'), '0x0f'],
  ])('is told what is wrong with %s, and nothing is changed', async (_what, text, says) => {
    const before = snapshot(world);
    const [answer, ...others] = await agent.send(text);
    expect(answer).toMatchObject({ type: 'error', payload: { id: null, code: 'MALFORMED_FRAME' } });
    expect(answer?.payload['message']).toContain(says);
    expect(others).toEqual([]);
    expect(snapshot(world)).toBe(before);
  });

  it('is refused a type that only the platform sends, by name', async () => {
    const [answer] = await agent.send(binary('task.assigned', { task: {} }));
    expect(answer).toMatchObject({ type: 'error', payload: { id: 'f-1', code: 'UNKNOWN_TYPE' } });
  });

  it('ends as any other, and leaves its agent the grace', async () => {
    await agent.send(binary('agent.register', { name: 'ada', capabilities: ['review'] }));
    await client.send(binary('task.submit', { task: { type: 'review' } }));
    const end = createDisconnectHandler(world.services);
    expect(await end({ requestContext: { connectionId: 'a1' } }, context)).toEqual({ statusCode: 200 });
    expect(world.ports.queues.timers.filter(({ message }) => message.kind === 'reconnect-grace')).toHaveLength(1);
    expect(await world.ports.table.get(keys.connection(addressOf('a1', 'binary')))).toBeUndefined();
  });

  it('is not what a JSON connection speaks: its base64 is malformed there', async () => {
    const plain = await openSocket(world, principal('agent', 'acme', 'key:plain'), 'p1');
    const [answer] = await plain.send(binary('agent.register', { name: 'x' }));
    expect(answer).toMatchObject({ type: 'error', payload: { code: 'MALFORMED_FRAME' } });
  });
});
