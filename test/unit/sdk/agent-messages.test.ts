import { describe, expect, it } from 'vitest';
import type { Agent, Message } from '#sdk/index.ts';
import { next, until, useAgents } from './agent-fixture.ts';
import { answerPull, answerSent, mail, readRefs, readSending } from './fake-mail.ts';
import { agentId, type FakeConnection } from './fake-platform.ts';

const fixture = useAgents();

const timings = { messageBatchMs: 0, messageAckMs: 0 };

/** An agent that is connected, and what waited for it, which is nothing, is asked for. */
const begin = async (prepare: (agent: Agent) => void = () => undefined) => {
  const agent = fixture.createAgent({ timings });
  prepare(agent);
  await agent.start();
  return { agent, connection: await fixture.platform.connection() };
};

/** The next connection, after this one was lost. */
const comeBack = async (agent: Agent, connection: FakeConnection): Promise<FakeConnection> => {
  const down = new Promise((resolve) => agent.on('disconnected', resolve));
  connection.drop();
  await down;
  fixture.timers.advance(1000);
  return fixture.platform.connection();
};

const refsOf = (connection: FakeConnection, count: number) => readRefs(connection, count, fixture.timers);

describe('an agent that sends', () => {
  it('keeps the order: one frame is under way, and what comes meanwhile goes together in the next', async () => {
    const { agent, connection } = await begin();
    const say = (id: string) => agent.messages.send('bob', { say: id }, { id });
    const sent = [say('1')];
    const first = await connection.next('message.send');
    expect(readSending(first).messages.map(({ id }) => id)).toEqual(['1']);
    sent.push(say('2'), say('3'));
    answerSent(connection, first);
    const second = await connection.next('message.send');
    expect(readSending(second).messages.map(({ id, mode, to }) => [id, mode, to])).toEqual([
      ['2', 'direct', 'bob'],
      ['3', 'direct', 'bob'],
    ]);
    expect(readSending(second).number).toBeGreaterThan(readSending(first).number ?? 0);
    answerSent(connection, second);
    expect((await Promise.all(sent)).map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  it('refuses what says nothing, in every way of sending, and sends nothing', async () => {
    const { agent, connection } = await begin();
    const { messages } = agent;
    for (const attempt of [
      messages.send('bob', undefined),
      messages.broadcast(undefined),
      messages.multicast('g', undefined),
      messages.publish('t', undefined),
      messages.request('bob', undefined),
      messages.send('bob', 1n),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'content' });
    const sent = messages.send('bob', null);
    const frame = await connection.next('message.send');
    expect(readSending(frame).messages.map(({ content }) => content)).toEqual([null]);
    answerSent(connection, frame);
    await sent;
  });

  it('waits for others for as long as it is told, and no longer than a frame is full', async () => {
    const agent = fixture.createAgent({ timings: { messageBatchMs: 50 } });
    await agent.start();
    const connection = await fixture.platform.connection();
    const few = [agent.messages.send('bob', 1), agent.messages.send('bob', 2)];
    await next();
    expect(connection.frames.map(({ type }) => type)).not.toContain('message.send');
    fixture.timers.advance(50);
    const frame = await connection.next('message.send');
    expect(readSending(frame).messages).toHaveLength(2);
    answerSent(connection, frame);
    await Promise.all(few);
    const many = Array.from({ length: 11 }, (_, index) => agent.messages.send('bob', index));
    const full = await connection.next('message.send');
    expect(readSending(full).messages).toHaveLength(10);
    answerSent(connection, full);
    answerSent(connection, await connection.next('message.send'));
    await Promise.all(many);
  });

  it('hands in a repeat with the next frame', async () => {
    const { agent, connection } = await begin();
    const sent = [1, 2].map(() => agent.messages.send('bob', 'twice', { id: 'm' }));
    for (let count = 0; count < 2; count++) {
      const frame = await connection.next('message.send');
      expect(readSending(frame).messages).toHaveLength(1);
      answerSent(connection, frame);
    }
    await Promise.all(sent);
  });

  it('sends the same frame again over the next connection', async () => {
    const { agent, connection } = await begin();
    const sent = agent.messages.publish('a.b', 'news', { id: 'm' });
    const frame = await connection.next('message.send');
    const again = await comeBack(agent, connection);
    const repeated = await again.next('message.send');
    expect([repeated.id, repeated.payload]).toEqual([frame.id, frame.payload]);
    answerSent(again, repeated);
    expect(await sent).toMatchObject({ id: 'm', recipients: 1 });
  });

  it('hears of each message what became of it', async () => {
    const { agent, connection } = await begin();
    const sent = [agent.messages.multicast('g', 1), agent.messages.send('zoe', 2), agent.messages.broadcast(3)];
    const frame = await connection.next('message.send');
    const error = { code: 'NOT_FOUND', message: 'There is no agent zoe.', retryable: false };
    connection.send(
      'message.sent',
      {
        results: [
          { id: 'a', recipients: 3 },
          { id: 'b', error },
          { id: 'c', isSpread: true },
        ],
      },
      frame.id,
    );
    expect(await Promise.allSettled(sent)).toMatchObject([
      { status: 'fulfilled', value: { recipients: 3 } },
      { status: 'rejected', reason: { code: 'NOT_FOUND' } },
      { status: 'fulfilled', value: { isSpread: true } },
    ]);
  });

  it('MSG-13: sends what is large by claim check, still in order', async () => {
    fixture.platform.http = () => ({ status: 200 });
    const { agent, connection } = await begin();
    const sent = [
      agent.messages.send('bob', 'x'.repeat(40_000), { id: 'big' }),
      agent.messages.send('bob', 1, { id: 'small' }),
    ];
    const frame = await connection.next('message.send');
    expect(readSending(frame).messages).toMatchObject([
      { id: 'big', content: { $payload: { ref: 'acme/up', bytes: 40_002 } } },
      { id: 'small', content: 1 },
    ]);
    answerSent(connection, frame);
    await Promise.all(sent);
  });
});

describe('an agent that listens', () => {
  const heard: string[] = [];
  const listen = async () => {
    heard.splice(0);
    return begin((agent) => agent.messages.onMessage(({ id }) => void heard.push(id)));
  };

  it('takes what waits before what is pushed meanwhile, each once, and acknowledges it', async () => {
    const { connection } = await listen();
    connection.send('message', mail('r3', [{ id: '3' }]));
    const pull = await connection.next('message.pull');
    expect(heard).toEqual([]);
    connection.send('message.pulled', { mail: [mail('r1', [{ id: '1' }])], after: 'r1' }, pull.id);
    const more = await connection.next('message.pull');
    expect(more.payload).toEqual({ after: 'r1' });
    connection.send('message.pulled', { mail: [mail('r2', [{ id: '2' }]), mail('r3', [{ id: '3' }])] }, more.id);
    expect([...(await refsOf(connection, 3))].toSorted()).toEqual(['r1', 'r2', 'r3']);
    expect(heard).toEqual(['1', '2', '3']);
  });

  it('MSG-12: has the effect of a repeat once, and acknowledges it again', async () => {
    const { connection } = await listen();
    await answerPull(connection);
    connection.send('message', mail('r1', [{ id: '1' }]));
    expect(await refsOf(connection, 1)).toEqual(['r1']);
    connection.send('message', mail('r1', [{ id: '1' }]));
    connection.send('message', mail('other', [{ id: '1' }, { id: '2' }]));
    expect(await refsOf(connection, 2)).toEqual(['r1', 'other']);
    expect(heard).toEqual(['1', '2']);
  });

  it('takes acknowledgements along in what it sends, once they have been gathered, and sends none of their own then', async () => {
    const agent = fixture.createAgent({ timings: { ...timings, messageAckMs: 500 } });
    agent.messages.onMessage(({ id }) => void heard.push(id));
    heard.splice(0);
    await agent.start();
    const connection = await fixture.platform.connection();
    await answerPull(connection);
    connection.send('message', mail('r1', [{ id: '1' }]));
    await until(() => heard.length === 1);
    const early = agent.messages.send('ada', 'early');
    const first = await connection.next('message.send');
    expect(first.payload).not.toHaveProperty('acks');
    answerSent(connection, first);
    await early;
    fixture.timers.advance(500);
    const late = agent.messages.send('ada', 'late');
    const second = await connection.next('message.send');
    expect(second.payload).toMatchObject({ acks: ['r1'] });
    answerSent(connection, second);
    await late;
    fixture.timers.advance(1000);
    await next();
    expect(connection.frames.filter(({ type }) => type === 'message.ack')).toEqual([]);
  });

  it('asks again after every connect, and holds back what comes first over the new one', async () => {
    const { agent, connection } = await listen();
    await answerPull(connection);
    const again = await comeBack(agent, connection);
    again.send('message', mail('r2', [{ id: '2' }]));
    await until(() => agent.isConnected);
    await answerPull(again, [mail('r1', [{ id: '1' }])]);
    await refsOf(again, 2);
    expect(heard).toEqual(['1', '2']);
  });

  it('deals with the messages of one sender one after the other, and with others meanwhile', async () => {
    const order: string[] = [];
    let release = (): void => undefined;
    const { connection } = await begin((agent) =>
      agent.messages.onMessage(async ({ id }) => {
        if (id === 'slow') await new Promise<void>((resolve) => (release = resolve));
        order.push(id);
      }),
    );
    await answerPull(connection);
    connection.send('message', mail('r1', [{ id: 'slow' }]));
    connection.send('message', mail('r2', [{ id: 'after' }]));
    connection.send('message', mail('r3', [{ id: 'other', from: 'agt_eve' }]));
    expect(await refsOf(connection, 1)).toEqual(['r3']);
    release();
    await refsOf(connection, 2);
    expect(order).toEqual(['other', 'slow', 'after']);
  });

  it('leaves what nobody wants where it is, and asks for nothing where nobody listens', async () => {
    const { agent, connection } = await begin();
    connection.send('message', mail('r1', [{ id: '1' }]));
    agent.messages.onMessage(({ id }) => void heard.push(id));
    heard.splice(0);
    await answerPull(connection, [mail('r1', [{ id: '1' }])]);
    expect(await refsOf(connection, 1)).toEqual(['r1']);
    expect(heard).toEqual(['1']);
    expect(connection.frames.filter(({ type }) => type === 'message.pull')).toHaveLength(1);
  });

  it('gives a topic’s messages to the subscription that fits', async () => {
    const { agent, connection } = await begin();
    const builds: unknown[] = [];
    const subscribed = agent.messages.subscribe('builds.*', ({ topic }) => void builds.push(topic), {
      where: { ok: [true] },
    });
    const joined = await connection.next('topic.join');
    expect(joined.payload).toEqual({ pattern: 'builds.*', where: { ok: [true] } });
    await subscribed;
    await answerPull(connection);
    connection.send('message', mail('r1', [{ id: '1', mode: 'publish', topic: 'builds.shop', content: { ok: true } }]));
    await refsOf(connection, 1);
    expect(builds).toEqual(['builds.shop']);
  });

  it('reports a handler that throws, and does not hear of the message again', async () => {
    const errors: string[] = [];
    const { connection } = await begin((agent) => {
      agent.on('error', ({ message }) => void errors.push(message));
      agent.messages.onMessage(() => {
        throw new Error('no idea');
      });
    });
    await answerPull(connection, [mail('r1', [{ id: '1' }])]);
    expect(await refsOf(connection, 1)).toEqual(['r1']);
    expect(errors).toEqual(['no idea']);
  });
});

describe('a request', () => {
  const ask = async () => {
    const { agent, connection } = await begin();
    const reply = agent.messages.request('bob', 'What time is it?', { id: 'q', timeoutMs: 5000 });
    await answerPull(connection);
    const frame = await connection.next('message.send');
    expect(readSending(frame).messages).toMatchObject([{ id: 'q', mode: 'request', to: 'bob', ttlSeconds: 5 }]);
    return { reply, connection, frame };
  };
  const replyWith = (content: Message['content']) =>
    mail('r1', [{ id: 're:q', mode: 'reply', correlationId: 'q', content }]);

  it('has its reply, whichever of reply and answer comes first', async () => {
    const { reply, connection, frame } = await ask();
    connection.send('message', replyWith('noon'));
    expect(await refsOf(connection, 1)).toEqual(['r1']);
    answerSent(connection, frame);
    expect(await reply).toBe('noon');
  });

  it('fails with what the other one’s handler threw', async () => {
    const { reply, connection, frame } = await ask();
    answerSent(connection, frame);
    connection.send('message', replyWith({ $error: 'no clock' }));
    await expect(reply).rejects.toMatchObject({ code: 'REPLY_FAILED', message: 'no clock' });
  });

  it('refuses a time that is none, and asks nobody', async () => {
    const { agent, connection } = await begin();
    for (const timeoutMs of [-5, 0, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(agent.messages.request('clock', 'time?', { timeoutMs })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        field: 'timeoutMs',
      });
    await next();
    expect(connection.frames.map(({ type }) => type)).toEqual(['agent.register']);
  });

  it('ends when its time does', async () => {
    const { reply, connection, frame } = await ask();
    answerSent(connection, frame);
    await next();
    const failed = reply.catch((error: unknown) => error);
    fixture.timers.advance(5000);
    expect(await failed).toMatchObject({ code: 'REPLY_TIMEOUT', retryable: true });
  });

  it('is replied to with what the handler returns, once for all repeats', async () => {
    const { connection } = await begin((agent) => agent.messages.onMessage(({ content }) => ({ heard: content })));
    await answerPull(connection);
    const request = mail('r1', [{ id: 'q', mode: 'request', from: agentId, content: 'hello' }]);
    connection.send('message', request);
    connection.send('message', request);
    const frame = await connection.next('message.send');
    expect(readSending(frame).messages).toMatchObject([
      { id: 're:q', mode: 'reply', to: agentId, correlationId: 'q', content: { heard: 'hello' } },
    ]);
    answerSent(connection, frame);
    expect(await refsOf(connection, 1)).toEqual(['r1']);
    expect(connection.frames.filter(({ type }) => type === 'message.send')).toHaveLength(1);
  });
});
