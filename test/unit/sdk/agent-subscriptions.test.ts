import { describe, expect, it } from 'vitest';
import { next, until, useAgents } from './agent-fixture.ts';
import { answerPull, answerSent, mail, readSending } from './fake-mail.ts';

const fixture = useAgents();

describe('a handler that is no function', () => {
  it.each(['"print"', 'null', '{}'])('is refused before a message could be lost on it: %s', async (text) => {
    const { messages } = fixture.createAgent();
    const wrong = JSON.parse(text);
    await expect(messages.subscribe('r.#', wrong)).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'handler' });
    const refused = expect.objectContaining({ code: 'INVALID_OPTION', field: 'handler' });
    expect(() => messages.onMessage(wrong)).toThrow(refused);
  });
});

describe('overlapping subscriptions', () => {
  const begin = async (others: boolean) => {
    const heard: string[] = [];
    const errors: string[] = [];
    const agent = fixture.createAgent({ timings: { messageBatchMs: 0, messageAckMs: 0 } });
    agent.on('error', ({ message }) => void errors.push(message));
    const note =
      (who: string) =>
      ({ id }: { readonly id: string }): void => {
        heard.push(`${who} ${id}`);
        if (who === 'graded' && id === 'bad') throw new Error('no such grade');
      };
    await agent.start();
    const connection = await fixture.platform.connection();
    await agent.messages.subscribe('r.*.done', note('graded'), { where: { grade: ['a'] } });
    await answerPull(connection);
    await agent.messages.subscribe('r.#', note('all'));
    await answerPull(connection);
    if (others) agent.messages.onMessage(note('others'));
    if (others) await answerPull(connection);
    const publish = (id: string, topic: string, content: { readonly grade: string }) =>
      connection.send('message', mail(`ref-${id}`, [{ id, mode: 'publish', topic, content }]));
    return { agent, connection, heard, errors, publish };
  };

  it('gives a message to each whose pattern and where fit it, and to onMessage only when none does', async () => {
    const { connection, heard, publish } = await begin(true);
    publish('z', 'r.x.done', { grade: 'z' });
    publish('a', 'r.x.done', { grade: 'a' });
    publish('elsewhere', 's.x', { grade: 'a' });
    connection.send('message', mail('direct', [{ id: 'direct' }]));
    await until(() => heard.length >= 5);
    expect(heard).toEqual(['all z', 'graded a', 'all a', 'others elsewhere', 'others direct']);
  });

  it('reports a handler that throws; the others have the message all the same, and it is done with', async () => {
    const { connection, heard, errors, publish } = await begin(false);
    publish('bad', 'r.x.done', { grade: 'a' });
    await until(() => heard.length === 2);
    expect(heard).toEqual(['graded bad', 'all bad']);
    expect(errors).toEqual(['no such grade']);
    while (connection.frames.every(({ type }) => type !== 'message.ack')) {
      fixture.timers.advance(1);
      await next();
    }
    expect((await connection.next('message.ack')).payload).toEqual({ refs: ['ref-bad'] });
  });

  it('does not hear again what one subscription has had when the other is ended', async () => {
    const { agent, heard, publish } = await begin(false);
    await agent.messages.unsubscribe('r.*.done');
    publish('a', 'r.x.done', { grade: 'a' });
    await until(() => heard.length > 0);
    expect(heard).toEqual(['all a']);
  });
});

describe('acknowledgements that ride along', () => {
  const begin = async (count: number, refLength = 4) => {
    const refs = Array.from({ length: count }, (_, index) => `r${index}`.padEnd(refLength, 'x'));
    let heard = 0;
    const agent = fixture.createAgent({ timings: { messageBatchMs: 0, messageAckMs: 500 } });
    agent.messages.onMessage(() => void (heard += 1));
    await agent.start();
    const connection = await fixture.platform.connection();
    await answerPull(connection);
    for (const ref of refs) connection.send('message', mail(ref, [{ id: ref }]));
    await until(() => heard === count);
    await next();
    fixture.timers.advance(500);
    const ownFrames = () => connection.frames.filter(({ type }) => type === 'message.ack');
    return { agent, connection, refs, ownFrames };
  };

  it('wait again when their frame is refused, and ride with the next', async () => {
    const { agent, connection, refs } = await begin(2);
    const refused = agent.messages.send('nobody', 1);
    const first = await connection.next('message.send');
    expect(readSending(first).acks).toEqual(refs);
    connection.refuse(first, 'NOT_FOUND');
    await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
    fixture.timers.advance(500);
    const taken = agent.messages.send('ada', 2);
    const second = await connection.next('message.send');
    expect(readSending(second).acks).toEqual(refs);
    answerSent(connection, second);
    await taken;
  });

  it('go by themselves when no other frame takes them', async () => {
    const { agent, connection, refs } = await begin(2);
    const refused = agent.messages.send('nobody', 1);
    connection.refuse(await connection.next('message.send'), 'NOT_FOUND');
    await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
    fixture.timers.advance(500);
    fixture.timers.advance(500);
    expect((await connection.next('message.ack')).payload).toEqual({ refs });
  });

  it('are said before the agent ends, when the last frame was refused', async () => {
    const { agent, connection, refs } = await begin(2);
    const refused = agent.messages.send('nobody', 1);
    const frame = await connection.next('message.send');
    const stopped = agent.stop();
    connection.refuse(frame, 'NOT_FOUND');
    await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await connection.next('message.ack')).payload).toEqual({ refs });
    await stopped;
  });

  it('make no frame too large: those that find no room go by themselves', async () => {
    // Twenty names of a kilobyte beside a content of 20: together more than a frame of 32 KB.
    const { agent, connection, refs, ownFrames } = await begin(20, 1000);
    const large = agent.messages.send('ada', 'x'.repeat(20 * 1024));
    const first = await connection.next('message.send');
    const riding = readSending(first).acks ?? [];
    expect(riding.length).toBeGreaterThan(0);
    expect(riding.length).toBeLessThan(5);
    answerSent(connection, first);
    await large;
    const larger = agent.messages.send('ada', 'x'.repeat(24 * 1024 - 2));
    const second = await connection.next('message.send');
    expect(readSending(second).acks).toBeUndefined();
    answerSent(connection, second);
    await larger;
    expect(ownFrames()).toEqual([]);
    fixture.timers.advance(500);
    const own = await connection.next('message.ack');
    expect(own.payload).toEqual({ refs: refs.slice(riding.length) });
    expect(fixture.platform.violations).toEqual([]);
  });
});
