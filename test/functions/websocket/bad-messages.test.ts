import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createWorld, frameText, openSocket, principal, snapshot, type TestSocket, type World } from '../harness.ts';

let world: World;
let ada: TestSocket;
let bob: TestSocket;
let rival: TestSocket;

const names = (many: number) => Array.from({ length: many }, (_, index) => `n${index}`);
const message = { id: 'm-1', to: 'bob', content: 'hello' };
const increment = { op: 'increment', name: 'n' };
const large = 'x'.repeat(25 * 1024);

beforeEach(async () => {
  world = createWorld();
  ada = await openSocket(world, principal('agent', 'acme', 'key:ada'));
  bob = await openSocket(world, principal('agent', 'acme', 'key:bob'));
  rival = await openSocket(world, principal('agent', 'rival', 'key:rival'));
  await ada.send(frameText('agent.register', { name: 'ada' }));
  await bob.send(frameText('agent.register', { name: 'bob' }));
  await rival.send(frameText('agent.register', { name: 'rival' }));
});

/** Sends a frame and returns how it was refused, having changed nothing and told nobody. */
const refusalOf = async (socket: TestSocket, type: string, payload: unknown) => {
  const heard = () => [ada, bob, rival].filter((one) => one !== socket).map((one) => one.received().length);
  const before = [snapshot(world), heard()];
  const [answer, ...others] = await socket.send(frameText(type, payload));
  expect([answer?.type, others]).toEqual(['error', []]);
  expect([snapshot(world), heard()]).toEqual(before);
  const { code, field, limit, retryable } = answer?.payload ?? {};
  expect(retryable).toBe(false);
  return [code, field, ...(limit === undefined ? [] : [limit])];
};

describe('a frame of messages that is not as it must be is refused by name, and changes nothing', () => {
  it.each<[string, string, unknown, readonly unknown[]]>([
    ['no messages at all', 'message.send', {}, ['INVALID_FIELD', 'payload.messages']],
    ['what is no list', 'message.send', { messages: message }, ['INVALID_FIELD', 'payload.messages']],
    ['no object', 'message.send', 'hello', ['INVALID_FIELD', 'payload']],
    ['no id', 'message.send', { messages: [{ to: 'bob', content: 1 }] }, ['INVALID_FIELD', 'payload.messages.0.id']],
    [
      'an id with a space',
      'message.send',
      { messages: [{ ...message, id: 'a b' }] },
      ['INVALID_FIELD', 'payload.messages.0.id'],
    ],
    ['a number below zero', 'message.send', { number: -1, messages: [message] }, ['INVALID_FIELD', 'payload.number']],
    [
      'a number that is none',
      'message.send',
      { number: '7', messages: [message] },
      ['INVALID_FIELD', 'payload.number'],
    ],
    [
      'an unknown field',
      'message.send',
      { messages: [{ ...message, too: 'eve' }] },
      ['UNKNOWN_FIELD', 'payload.messages.m-1.too'],
    ],
    [
      'an unknown field of the frame',
      'message.send',
      { messages: [message], to: 'bob' },
      ['UNKNOWN_FIELD', 'payload.to'],
    ],
    ['two addresses', 'message.send', { messages: [{ ...message, group: 'g' }] }, ['INVALID_FIELD', 'group']],
    [
      'an unknown intent',
      'message.send',
      { messages: [{ ...message, intent: 'order' }] },
      ['INVALID_FIELD', 'payload.messages.m-1.intent'],
    ],
    [
      'an unknown priority',
      'message.send',
      { messages: [{ ...message, priority: 9 }] },
      ['INVALID_FIELD', 'payload.messages.m-1.priority'],
    ],
    [
      'too much evidence',
      'message.send',
      { messages: [{ ...message, evidence: names(21) }] },
      ['INVALID_FIELD', 'payload.messages.m-1.evidence', 20],
    ],
    [
      'evidence too large',
      'message.send',
      { messages: [message, { ...message, id: 'm-2', evidence: ['x'.repeat(16 * 1024)] }] },
      ['INVALID_FIELD', 'payload.messages'],
    ],
    [
      'a filter of what agents do not have',
      'message.send',
      { messages: [{ id: 'm-1', content: 1, filter: { colour: 'red' } }] },
      ['UNKNOWN_FIELD', 'payload.messages.m-1.filter.colour'],
    ],
    [
      'a topic that is too long',
      'message.send',
      { messages: [{ id: 'm-1', content: 1, topic: 'x'.repeat(129) }] },
      ['INVALID_FIELD', 'payload.messages.m-1.topic', 128],
    ],
    ['nothing to acknowledge', 'message.ack', { refs: [] }, ['INVALID_FIELD', 'payload.refs']],
    ['too much at once', 'message.ack', { refs: names(101) }, ['INVALID_FIELD', 'payload.refs', 100]],
    ['a place that is none', 'message.pull', { after: 7 }, ['INVALID_FIELD', 'payload.after']],
    ['somebody else’s mailbox', 'message.pull', { agentId: 'agt_x' }, ['UNKNOWN_FIELD', 'payload.agentId']],
    ['half a word', 'topic.join', { pattern: 'builds.sh*' }, ['INVALID_FIELD', 'payload.pattern']],
    ['no values', 'topic.join', { pattern: 'a', where: { grade: [] } }, ['INVALID_FIELD', 'payload.where.grade']],
    [
      'too many paths',
      'topic.join',
      { pattern: 'a', where: Object.fromEntries(names(11).map((name) => [name, [1]])) },
      ['INVALID_FIELD', 'payload.where'],
    ],
    ['no pattern', 'topic.leave', {}, ['INVALID_FIELD', 'payload.pattern']],
    ['a name with a hash', 'group.join', { name: 'a#b' }, ['INVALID_FIELD', 'payload.name']],
    ['no name', 'group.leave', { group: 'ops' }, ['UNKNOWN_FIELD', 'payload.group']],
  ])('%s: %s', async (_what, type, payload, expected) => {
    expect(await refusalOf(ada, type, payload)).toEqual(expected);
  });

  it.each([
    ['an agent', 'rival'],
    ['the id of an agent', 'id'],
  ])('and is told of %s of another tenant as of none', async (_what, which) => {
    const { agentId } = rival.received()[0]?.payload ?? {};
    const to = which === 'id' ? agentId : which;
    expect(await refusalOf(ada, 'message.send', { messages: [{ ...message, to }] })).toEqual(['NOT_FOUND', undefined]);
  });
});

describe('a frame of shared state that is not as it must be is refused by name, and changes nothing', () => {
  const patch = (...ops: readonly object[]) => ({ scope: 's', ops });

  it.each<[string, string, unknown, readonly unknown[]]>([
    ['no scope', 'state.patch', { ops: [increment] }, ['INVALID_FIELD', 'payload.scope']],
    ['a scope with a space', 'state.patch', { scope: 'a b', ops: [increment] }, ['INVALID_FIELD', 'payload.scope']],
    ['no operation', 'state.patch', patch(), ['INVALID_FIELD', 'payload.ops']],
    ['too many', 'state.patch', patch(...names(101).map(() => increment)), ['INVALID_FIELD', 'payload.ops', 100]],
    ['half a count', 'state.patch', patch({ ...increment, by: 0.5 }), ['INVALID_FIELD', 'payload.ops.0.by']],
    [
      'one bad among good',
      'state.patch',
      patch(increment, { op: 'addToSet', name: 's' }),
      ['INVALID_FIELD', 'payload.ops.1.value'],
    ],
    [
      'an element too large',
      'state.patch',
      patch({ op: 'addToSet', name: 's', value: large }),
      ['INVALID_FIELD', 'payload.ops.0.value'],
    ],
    [
      'a value too large',
      'state.patch',
      patch({ op: 'setMap', name: 'm', key: 'k', value: large }),
      ['INVALID_FIELD', 'payload.ops.0.value'],
    ],
    ['a number without a replica', 'state.patch', patch({ ...increment, n: 1 }), ['INVALID_FIELD', 'payload.ops']],
    [
      'a replica that is none',
      'state.patch',
      { ...patch({ ...increment, n: 1 }), replica: 'me' },
      ['INVALID_FIELD', 'payload.replica'],
    ],
    ['the platform’s own scope', 'state.patch', { scope: 'muster.workload', ops: [increment] }, ['FORBIDDEN', 'scope']],
    ['a vector of nothing', 'state.pull', { scope: 's', vector: { n: {} } }, ['INVALID_FIELD', 'payload.vector.n']],
    ['an unknown field', 'state.pull', { scope: 's', tenant: 'rival' }, ['UNKNOWN_FIELD', 'payload.tenant']],
  ])('%s: %s', async (_what, type, payload, expected) => {
    expect(await refusalOf(ada, type, payload)).toEqual(expected);
  });
});

/** A list in a list, so many levels of them. */
const nested = (levels: number): unknown => (levels === 0 ? 'end' : [nested(levels - 1)]);

describe('what stays in an item is nested as deeply as an item takes, or refused by name', () => {
  it.each<[string, string, (value: unknown) => unknown]>([
    ['evidence of a message', 'message.send', (value) => ({ messages: [{ ...message, evidence: [value] }] })],
    ['metadata of an agent', 'agent.register', (value) => ({ name: 'ada', metadata: { about: value } })],
    ['the context of a task', 'task.submit', (value) => ({ task: { type: 't', context: value } })],
    ['metadata of a task', 'task.submit', (value) => ({ task: { type: 't', metadata: { about: value } } })],
    [
      'a position',
      'conflict.report',
      (value) => ({
        type: 'design',
        severity: 'low',
        positions: [
          { agentId: 'ada', position: value, confidence: 0.9 },
          { agentId: 'bob', position: 1, confidence: 0.2 },
        ],
      }),
    ],
  ])('%s', async (_what, type, payloadOf) => {
    const [code, field] = await refusalOf(ada, type, payloadOf(nested(21)));
    expect([code, field]).toEqual(['INVALID_FIELD', expect.stringMatching(/^payload\./)]);
    const answers = await ada.send(frameText(type, payloadOf(nested(20)), { id: 'deep' }));
    expect(answers.map((answer) => answer.type)).not.toContain('error');
  });

  it('metadata of an agent in as many bytes', async () => {
    const register = (bytes: number) => ({ name: 'ada', metadata: { about: 'x'.repeat(bytes) } });
    expect(await refusalOf(ada, 'agent.register', register(24 * 1024))).toEqual(['INVALID_FIELD', 'payload.metadata']);
    const [answer] = await ada.send(frameText('agent.register', register(24_000), { id: 'large' }));
    expect(answer?.type).toBe('agent.registered');
  });

  it('evidence of a result', async () => {
    await ada.send(frameText('task.submit', { task: { type: 't' } }));
    const worker = [ada, bob].find((one) => one.received().some(({ type }) => type === 'task.assigned')) ?? ada;
    const { task, attempt } = worker.received().find(({ type }) => type === 'task.assigned')?.payload ?? {};
    const { taskId } = z.object({ taskId: z.string() }).parse(task);
    const result = (levels: number) => ({ taskId, attempt, output: 1, evidence: [nested(levels)] });
    expect((await refusalOf(worker, 'task.result', result(21))).slice(0, 2)).toEqual([
      'INVALID_FIELD',
      'payload.evidence.0',
    ]);
    const answers = await worker.send(frameText('task.result', result(20)));
    expect(answers.map((answer) => answer.type)).toContain('ack');
  });
});

describe('what is another’s', () => {
  const pull = async (socket: TestSocket) =>
    JSON.stringify((await socket.send(frameText('message.pull', {})))[0]?.payload);

  it('is not acknowledged by who knows its name', async () => {
    await ada.send(frameText('message.send', { messages: [message] }));
    const [mail] = bob.received().filter(({ type }) => type === 'message');
    const before = await pull(bob);
    for (const thief of [ada, rival]) await thief.send(frameText('message.ack', { refs: [mail?.payload['ref']] }));
    expect(await pull(bob)).toBe(before);
    expect(await pull(rival)).toBe('{"mail":[]}');
  });

  it('is not heard under the same topic, group or scope of another tenant', async () => {
    await rival.send(frameText('topic.join', { pattern: '#' }));
    await rival.send(frameText('group.join', { name: 'ops' }));
    await rival.send(frameText('state.pull', { scope: 's' }));
    const before = rival.received().length;
    const messages = [
      { id: 't', topic: 'a.b', content: 1 },
      { id: 'g', group: 'ops', content: 1 },
      { id: 'a', mode: 'broadcast', content: 1 },
    ];
    await ada.send(frameText('message.send', { messages }));
    await ada.send(frameText('state.patch', { scope: 's', ops: [increment] }));
    expect(rival.received()).toHaveLength(before);
    expect(bob.received().filter(({ type }) => type === 'message')).toHaveLength(1);
  });
});

describe('a frame that is replayed', () => {
  it.each<[string, unknown]>([
    ['message.send', { messages: [message, { id: 'm-2', mode: 'broadcast', content: 1 }] }],
    ['topic.join', { pattern: 'a.#', where: { ok: [true] } }],
    ['group.join', { name: 'ops' }],
    ['topic.leave', { pattern: 'a.#' }],
    ['group.leave', { name: 'ops' }],
    ['message.ack', { refs: ['gone'] }],
    ['state.patch', { scope: 's', ops: [increment, { op: 'addToSet', name: 's', value: 1 }] }],
  ])('leaves everything as its first time did: %s', async (type, payload) => {
    const frame = (seq: number) => ada.send(frameText(type, payload, { id: 'r-1', seq, ack: true }));
    const types = (await frame(2)).map((answer) => answer.type);
    const before = snapshot(world);
    expect((await frame(3)).map((answer) => answer.type)).toEqual(types);
    expect(snapshot(world)).toBe(before);
  });
});
