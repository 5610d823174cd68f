import { beforeEach, describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import { Quotas } from '#core/contract/tenant.ts';
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
let ada: TestSocket;
let bob: TestSocket;

const register = (socket: TestSocket, name: string) => socket.send(frameText('agent.register', { name }));
const send = (socket: TestSocket, messages: readonly object[], fields: object = {}) =>
  socket.send(
    frameText(
      'message.send',
      { messages: messages.map((message) => ({ content: 'hello', ...message })) },
      { id: 's-1', ...fields },
    ),
  );
const mailOf = (socket: TestSocket) => socket.received().filter(({ type }) => type === 'message');
const refusal = (code: string, field?: string) =>
  expect.objectContaining({
    type: 'error',
    payload: expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }),
  });

const connectBoth = async (): Promise<void> => {
  ada = await openSocket(world, principal('agent', 'acme', 'key:ada'));
  bob = await openSocket(world, principal('agent', 'acme', 'key:bob'));
  await register(ada, 'ada');
  await register(bob, 'bob');
};

beforeEach(async () => {
  world = createWorld();
  await connectBoth();
});

describe('message.send', () => {
  it('comes to its recipient in the sender’s name, whatever the frame says, and is answered', async () => {
    const answers = await send(ada, [{ id: 'm-1', to: 'bob', conversationId: 'c-1' }], { ack: true });
    expect(answers.map(({ type }) => type)).toEqual(['message.sent', 'ack']);
    expect(answers[0]?.payload).toEqual({ results: [{ id: 'm-1', recipients: 1 }] });
    const [mail] = mailOf(bob);
    const { agentId } = ada.received()[0]?.payload ?? {};
    expect(mail).toMatchObject({
      from: agentId,
      conversationId: 'c-1',
      payload: { messages: [{ id: 'm-1', from: agentId, content: 'hello', mode: 'direct' }] },
    });
  });

  it('MSG-9: carries what its author says of it, in the mail and in what waits', async () => {
    const said = {
      id: 'm-1',
      conversationId: 'c-1',
      parentId: 'm-0',
      correlationId: 'q-1',
      priority: 'critical',
      intent: 'escalation',
      evidence: [{ file: 'a.ts', line: 7 }, 'log'],
      content: { kind: 'status_update', status: 'stuck', metrics: { cpu: 0.9 } },
    };
    await send(ada, [{ ...said, to: 'bob', mode: 'request' }]);
    const [mail] = mailOf(bob);
    const message = { ...said, mode: 'request', from: ada.received()[0]?.payload['agentId'] };
    expect(mail).toMatchObject({ correlationId: 'q-1', conversationId: 'c-1', payload: { messages: [message] } });
    const [waiting] = await bob.send(frameText('message.pull', {}));
    expect(waiting?.payload).toMatchObject({ mail: [{ messages: [message] }] });
  });

  it('counts towards the requests of its tenant, and is refused by name beyond them', async () => {
    world = createWorld();
    const quotas = Quotas.parse({ requestsPerMinute: 1 });
    await world.ports.table.put({ key: keys.tenant('acme'), item: { quotas, rev: 1 }, clauses: {} });
    await connectBoth();
    const refused = async (): Promise<boolean> => {
      const [answer] = await send(ada, [{ id: 'm-1', to: 'bob' }]);
      const { code, retryable, limit, retryAfterMs } = answer?.payload ?? {};
      if (answer?.type === 'message.sent') return false;
      expect([code, retryable, limit]).toEqual(['RATE_LIMITED', true, 1]);
      expect(retryAfterMs).toBeGreaterThan(0);
      return true;
    };
    const answers: boolean[] = [];
    while (answers.length < 40 && !answers.includes(true)) answers.push(await refused());
    expect(answers.at(-1)).toBe(true);
    const heard = mailOf(bob).length;
    await refused();
    expect(mailOf(bob)).toHaveLength(heard);
    world.ports.clock.advance(60_000);
    expect(await refused()).toBe(false);
  });

  it('is in a client’s name where no agent speaks', async () => {
    const client = await openSocket(world, principal('submitter'));
    await send(client, [{ id: 'm-1', to: 'bob' }]);
    expect(mailOf(bob)[0]).toMatchObject({ from: 'key:submitter' });
  });

  it('MSG-12: repeated under its id, without a number, is the same mail; with another content it is refused', async () => {
    for (const seq of [2, 3]) {
      expect(await send(ada, [{ id: 'm-1', to: 'bob' }], { seq })).toMatchObject([{ type: 'message.sent' }]);
      world.ports.clock.advance(1000);
    }
    const refs = mailOf(bob).map(({ payload }) => payload['ref']);
    expect([refs.length, new Set(refs).size]).toEqual([2, 1]);
    const before = snapshot(world);
    expect(await send(ada, [{ id: 'm-1', to: 'bob', content: 'bye' }], { seq: 4 })).toEqual([
      refusal('IDEMPOTENCY_MISMATCH', 'id'),
    ]);
    expect(snapshot(world)).toBe(before);
    expect(mailOf(bob)).toHaveLength(2);
  });

  it('says of a message without content that it has none', async () => {
    const [answer] = await ada.send(frameText('message.send', { messages: [{ id: 'm-1', to: 'bob' }] }));
    expect(answer).toEqual(refusal('INVALID_FIELD', 'payload.messages.m-1.content'));
    expect(answer?.payload['message']).toBe('payload.messages.m-1.content: is missing.');
  });

  it.each([
    ['no agent', [{ id: 'm-1', to: 'zoe' }], 'NOT_FOUND', undefined],
    ['nobody at all', [{ id: 'm-1' }], 'INVALID_FIELD', 'to'],
    ['an agent of a broadcast', [{ id: 'm-1', to: 'bob', mode: 'broadcast' }], 'INVALID_FIELD', 'to'],
    ['an unknown mode', [{ id: 'm-1', to: 'bob', mode: 'shout' }], 'INVALID_FIELD', 'payload.messages.m-1.mode'],
    [
      'eleven',
      Array.from({ length: 11 }, (_, id) => ({ id: `${id}`, to: 'bob' })),
      'INVALID_FIELD',
      'payload.messages',
    ],
    [
      'too long a wait',
      [{ id: 'm-1', to: 'bob', ttlSeconds: 604_801 }],
      'INVALID_FIELD',
      'payload.messages.m-1.ttlSeconds',
    ],
    ['another tenant’s agent', [{ id: 'm-1', to: 'rival' }], 'NOT_FOUND', undefined],
    ['nothing to answer', [{ id: 'm-1', to: 'bob', mode: 'reply' }], 'INVALID_FIELD', 'correlationId'],
    [
      'two of one id',
      [
        { id: 'm-1', to: 'bob' },
        { id: 'm-1', to: 'bob' },
      ],
      'INVALID_FIELD',
      'payload.messages',
    ],
    ['no message', [], 'INVALID_FIELD', 'payload.messages'],
    ['a sender', [{ id: 'm-1', to: 'bob', from: 'root' }], 'UNKNOWN_FIELD', 'payload.messages.m-1.from'],
    ['a pattern as a topic', [{ id: 'm-1', topic: 'a.#' }], 'INVALID_FIELD', 'payload.messages.m-1.topic'],
    ['a claim check of another tenant', [{ id: 'm-1', to: 'bob', content: claimCheck() }], 'INVALID_FIELD', undefined],
  ])('that names %s is refused and changes nothing', async (_what, messages, code, field) => {
    const rival = await openSocket(world, principal('agent', 'rival'));
    await register(rival, 'rival');
    const before = snapshot(world);
    expect(await send(ada, messages)).toEqual([refusal(code, field)]);
    expect(snapshot(world)).toBe(before);
  });
});

const claimCheck = () => ({ $payload: { ref: 'rival/x', bytes: 1, sha256: '0'.repeat(64) } });

describe('a mailbox', () => {
  const pull = async (socket: TestSocket, payload: object = {}) => {
    const [answer] = await socket.send(frameText('message.pull', payload));
    return answer?.payload;
  };

  it('has what came while its agent was away, until that is acknowledged', async () => {
    await createDisconnectHandler(world.services)({ requestContext: { connectionId: bob.connectionId } }, context);
    for (const id of ['1', '2']) await send(ada, [{ id, to: 'bob' }], { id: `f-${id}` });
    const back = await openSocket(world, principal('agent', 'acme', 'key:bob'), 'back');
    await register(back, 'bob');
    expect(mailOf(back)).toEqual([]);
    const waiting = await pull(back);
    expect(waiting).toMatchObject({ mail: [{ messages: [{ id: '1' }] }, { messages: [{ id: '2' }] }] });
    const refs = mailRefs(waiting);
    expect(await back.send(frameText('message.ack', { refs: refs.slice(0, 1) }, { ack: true }))).toMatchObject([
      { type: 'ack' },
    ]);
    expect(mailRefs(await pull(back))).toEqual(refs.slice(1));
    expect(mailRefs(await pull(back, { after: refs[1] }))).toEqual([]);
  });

  it('is told in what an agent sends what it has dealt with; a refused frame says nothing', async () => {
    await send(ada, [{ id: '1', to: 'bob' }], { id: 'f-1' });
    await send(ada, [{ id: '2', to: 'bob' }], { id: 'f-2' });
    const refs = mailRefs(await pull(bob));
    const reply = (to: string, id: string) =>
      bob.send(frameText('message.send', { messages: [{ id, to, content: 'heard' }], acks: refs.slice(0, 1) }, { id }));
    expect(await reply('nobody', 'r-1')).toEqual([refusal('NOT_FOUND')]);
    expect(mailRefs(await pull(bob))).toEqual(refs);
    expect(await reply('ada', 'r-2')).toMatchObject([{ type: 'message.sent' }]);
    expect(mailRefs(await pull(bob))).toEqual(refs.slice(1));
  });

  it('is no client’s: what it says it has dealt with is refused, and nothing is sent', async () => {
    const client = await openSocket(world, principal('submitter'));
    const before = snapshot(world);
    const sending = { messages: [{ id: 'm-1', to: 'bob', content: 'hello' }], acks: ['x'] };
    expect(await client.send(frameText('message.send', sending))).toEqual([refusal('NOT_REGISTERED')]);
    expect(snapshot(world)).toBe(before);
  });

  it('is given out in pages that a frame carries', async () => {
    await createDisconnectHandler(world.services)({ requestContext: { connectionId: bob.connectionId } }, context);
    const content = 'x'.repeat(20 * 1024);
    for (let at = 0; at < 9; at++) await send(ada, [{ id: `m-${at}`, to: 'bob', content }], { id: `f-${at}` });
    const back = await openSocket(world, principal('agent', 'acme', 'key:bob'), 'back');
    await register(back, 'bob');
    const found: string[] = [];
    let after: unknown;
    do {
      const page = await pull(back, after === undefined ? {} : { after });
      expect(JSON.stringify(page).length).toBeLessThan(96 * 1024);
      found.push(...mailRefs(page));
      after = page?.['after'];
    } while (after !== undefined);
    expect(new Set(found).size).toBe(9);
  });

  it.each(['message.ack', 'message.pull', 'topic.join', 'group.join'])('is an agent’s: %s', async (type) => {
    const nobody = await openSocket(world, principal('agent', 'acme', 'key:nobody'));
    const payloads = { 'message.ack': { refs: ['x'] }, 'topic.join': { pattern: 'a' }, 'group.join': { name: 'g' } };
    const payload = Reflect.get(payloads, type) ?? {};
    expect(await nobody.send(frameText(type, payload))).toEqual([refusal('NOT_REGISTERED')]);
  });
});

const mailRefs = (payload: unknown): readonly string[] =>
  JSON.parse(JSON.stringify(payload)).mail.map(({ ref }: { ref: string }) => ref);

describe('topics and groups', () => {
  it('are joined and left', async () => {
    await bob.send(frameText('topic.join', { pattern: 'builds.*', where: { ok: [false] } }));
    await bob.send(frameText('group.join', { name: 'ops' }));
    const messages = [
      { id: 't', topic: 'builds.shop', content: { ok: false } },
      { id: 'u', topic: 'builds.shop', content: { ok: true } },
      { id: 'g', group: 'ops' },
    ];
    const counts = async () => {
      const [answer] = await send(ada, messages);
      return JSON.parse(JSON.stringify(answer)).payload.results.map(
        ({ recipients }: { recipients: number }) => recipients,
      );
    };
    expect(await counts()).toEqual([1, 0, 1]);
    await bob.send(frameText('topic.leave', { pattern: 'builds.*' }));
    await bob.send(frameText('group.leave', { name: 'ops' }));
    expect(await counts()).toEqual([0, 0, 0]);
  });
});
