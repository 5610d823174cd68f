import { describe, expect, it } from 'vitest';
import type { Services } from '#core/services.ts';
import { intercept } from '#test/support/intercept.ts';
import { createMessagingWorld, idsOf } from './messaging-world.ts';

class Crash extends Error {}

/** Dies at the call of a port with this number, before or after it took effect. */
const mortal = (services: Services, at: number, when: 'before' | 'after'): Services => {
  let calls = 0;
  const die = (): void => {
    calls += 1;
    if (calls === at) throw new Crash();
  };
  const hooks = { [when]: die };
  return {
    ...services,
    table: intercept('table', services.table, hooks),
    sockets: intercept('sockets', services.sockets, hooks),
    queues: intercept('queues', services.queues, hooks),
    cache: { ...services.cache, get: () => undefined },
  };
};

const messages = [
  { id: 'direct', to: 'bob' },
  { id: 'group', group: 'g' },
  { id: 'topic', topic: 'a.b' },
  { id: 'all', filter: { type: 'crowd' } },
];

const createScene = async () => {
  const world = createMessagingWorld();
  const bob = await world.agent('bob');
  const eve = await world.agent('eve');
  const crowd = [];
  for (let index = 0; index < 101; index++) crowd.push(await world.agent(`crowd-${index}`, { type: 'crowd' }));
  await world.enter(bob, { kind: 'GROUP', name: 'g' });
  await world.enter(eve, { kind: 'GROUP', name: 'g' });
  await world.enter(eve, { kind: 'TOPIC', name: 'a.*' });
  return { world, bob, eve, crowd };
};

const frame = { frameId: 'f', number: 1 };

describe('sendMessages that dies between two calls', () => {
  it('promised nothing, and is the same messages once it is repeated', async () => {
    const { world, bob, eve, crowd } = await createScene();
    let deaths = 0;
    for (const when of ['before', 'after'] as const)
      for (let at = 1; ; at++) {
        world.ports.table.load(world.ports.table.items().filter(({ pk }) => !String(pk).includes('#MAIL#')));
        world.ports.queues.tasks.splice(0);
        const attempt = world.send(messages, { ...frame, services: mortal(world.services, at, when) });
        const died = await attempt.then(
          () => false,
          (error: unknown) => error instanceof Crash,
        );
        if (!died) break;
        deaths += 1;
        const sent = await world.send(messages, frame);
        expect(sent.map(({ recipients, isSpread }) => recipients ?? isSpread)).toEqual([1, 2, 1, true]);
        await world.drainTasks();
        expect(idsOf(await world.waiting(bob))).toEqual(['direct', 'group']);
        expect(idsOf(await world.waiting(eve))).toEqual(['group', 'topic']);
        for (const one of crowd.slice(0, 3)) expect(idsOf(await world.waiting(one))).toEqual(['all']);
      }
    expect(deaths).toBeGreaterThan(20);
  });

  it('has every message it answered for in a mailbox or on the queue, whoever dies while it spreads', async () => {
    const { world, crowd } = await createScene();
    const [first] = world.ports.queues.tasks;
    expect(first).toBeUndefined();
    await world.send([{ id: 'all', filter: { type: 'crowd' } }], frame);
    const jobs = world.ports.queues.tasks.splice(0);
    const { spreadMessage } = await import('#core/messaging/spread-message.ts');
    let deaths = 0;
    for (const { message } of jobs) {
      if (message.kind !== 'spread') throw new Error('nothing else was sent');
      for (let at = 1; ; at++) {
        const attempt = spreadMessage(mortal(world.services, at, at % 2 === 0 ? 'before' : 'after'), message);
        const died = await attempt.then(
          () => false,
          (error: unknown) => error instanceof Crash,
        );
        if (!died) break;
        deaths += 1;
      }
    }
    expect(deaths).toBeGreaterThan(100);
    for (const one of crowd) expect(idsOf(await world.waiting(one))).toEqual(['all']);
  });
});

describe('a mailbox and an agent that comes back', () => {
  it('see each other, in whatever order their calls come', async () => {
    for (let at = 1; at <= 6; at++) {
      const world = createMessagingWorld();
      const bob = await world.agent('bob');
      await world.send([{ id: 'before', to: 'bob' }]);
      await world.ports.table.update({
        key: { pk: `acme#AGENT#${bob.agentId}`, sk: 'SLOTS' },
        set: [],
        remove: [['connection']],
        clauses: {},
      });
      world.drop(bob);
      const back = { ...bob, connectionId: 'socket-back' };
      let calls = 0;
      const comeBack = async (): Promise<readonly string[]> => {
        await world.connect(back.connectionId);
        await world.register({ registration: { name: 'bob' }, connectionId: back.connectionId });
        return idsOf(await world.waiting(back));
      };
      let pulled: readonly string[] | undefined;
      const before = async (): Promise<void> => {
        calls += 1;
        if (calls === at) pulled = await comeBack();
      };
      const services = { ...world.services, table: intercept('table', world.services.table, { before }) };
      await world.send([{ id: 'late', to: 'bob' }], { services });
      pulled ??= await comeBack();
      expect([...pulled, ...idsOf(world.pushed(back))]).toContain('late');
    }
  });
});
