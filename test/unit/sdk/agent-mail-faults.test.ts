import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Agent } from '#sdk/index.ts';
import { next, until, useAgents } from './agent-fixture.ts';
import { answerPull, mail, readRefs } from './fake-mail.ts';

const fixture = useAgents();

const begin = async (prepare: (agent: Agent) => void) => {
  const agent = fixture.createAgent({ timings: { messageAckMs: 0 } });
  prepare(agent);
  await agent.start();
  return { agent, connection: await fixture.platform.connection() };
};

describe('an agent whose mail cannot be had for the moment', () => {
  /** A message whose content is stored apart, and another of its sender behind it. */
  const storedApart = () => {
    const url = `http://127.0.0.1:${fixture.platform.port}/store/in`;
    const sha256 = createHash('sha256').update('"opened"').digest('hex');
    return [
      mail('r-1', [{ id: '1', content: { $payload: { ref: 'acme/in', bytes: 8, sha256, url } } }]),
      mail('r-2', [{ id: '2' }]),
      mail('r-3', [{ id: 'other', from: 'agt_bob' }]),
    ];
  };

  it('asks again for what it could not open, keeps its sender’s order meanwhile, and acknowledges none of it', async () => {
    const errors: string[] = [];
    const contents: unknown[] = [];
    const { connection } = await begin((agent) => {
      agent.messages.onMessage(({ content }) => void contents.push(content));
      agent.on('error', (error) => void errors.push(String(Reflect.get(error, 'code'))));
    });
    fixture.platform.http = () => ({ status: 403 });
    await answerPull(connection, storedApart());
    await until(() => errors.length === 1 && contents.length === 1);
    expect([errors, contents]).toEqual([['PAYLOAD_UNAVAILABLE'], ['other']]);
    const refs = new Set(await readRefs(connection, 1, fixture.timers));
    expect([...refs]).toEqual(['r-3']);
    fixture.platform.http = () => ({ text: '"opened"' });
    fixture.timers.advance(10_000);
    await answerPull(connection, storedApart().slice(0, 2));
    await until(() => contents.length === 3);
    expect(contents).toEqual(['other', 'opened', '2']);
    while (refs.size < 3) for (const ref of await readRefs(connection, 1, fixture.timers)) refs.add(ref);
    expect([...refs]).toEqual(['r-3', 'r-1', 'r-2']);
  });

  it('gives up what can never be opened, and goes on with what is behind it', async () => {
    const errors: Error[] = [];
    const contents: unknown[] = [];
    const { connection } = await begin((agent) => {
      agent.messages.onMessage(({ content }) => void contents.push(content));
      agent.on('error', (error) => void errors.push(error));
    });
    fixture.platform.http = () => ({ status: 404 });
    for (let tries = 1; tries <= 6; tries++) {
      await answerPull(connection, storedApart().slice(0, 2));
      await until(() => errors.length === tries);
      await next();
      if (tries < 6) fixture.timers.advance(10_000);
    }
    await until(() => contents.length === 1);
    expect(contents).toEqual(['2']);
    expect(await readRefs(connection, 2, fixture.timers)).toEqual(['r-1', 'r-2']);
  });

  it('asks again a while after it was refused for the moment, and takes what came meanwhile then', async () => {
    const heard: string[] = [];
    const errors: string[] = [];
    const { connection } = await begin((agent) => {
      agent.messages.onMessage(({ id }) => void heard.push(id));
      agent.on('error', (error) => void errors.push(error.message));
    });
    connection.send('message', mail('r-1', [{ id: '1' }]));
    while (errors.length === 0) {
      const pulls = connection.frames.filter(({ type }) => type === 'message.pull');
      const last = pulls.at(-1);
      if (last !== undefined) connection.refuse(last, 'UNAVAILABLE', true);
      fixture.timers.advance(1000);
      await next();
    }
    expect(heard).toEqual([]);
    const asked = connection.frames.filter(({ type }) => type === 'message.pull').map(({ id }) => id);
    fixture.timers.advance(10_000);
    const isNew = () => connection.frames.find(({ type, id }) => type === 'message.pull' && !asked.includes(id));
    await until(() => isNew() !== undefined);
    connection.send('message.pulled', { mail: [] }, isNew()?.id);
    await until(() => heard.length === 1);
    expect(heard).toEqual(['1']);
  });
});
