import { beforeEach, describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { removeMail } from '#core/messaging/mailbox.ts';
import { leave } from '#core/messaging/memberships.ts';
import { stranger, type TestAgent } from '../world.ts';
import { createMessagingWorld, idsOf } from './messaging-world.ts';

let world: ReturnType<typeof createMessagingWorld>;
let bob: TestAgent;
let eve: TestAgent;

const mismatch = expect.objectContaining({ code: 'IDEMPOTENCY_MISMATCH', retryable: false, field: 'id' });
const frame = { frameId: 'f', number: 7 };
const plain = { frameId: 'f', number: 'none' } as const;

/** Runs `attempt`, which is refused, and holds table, queue and sockets to what they were. */
const refused = async (attempt: () => Promise<unknown>): Promise<void> => {
  const seen = () => [world.ports.table.items(), [...world.ports.queues.tasks], world.pushed(bob), world.pushed(eve)];
  const before = seen();
  await expect(attempt()).rejects.toThrow(mismatch);
  expect(seen()).toEqual(before);
};

beforeEach(async () => {
  world = createMessagingWorld();
  bob = await world.agent('bob');
  eve = await world.agent('eve');
  for (const agent of [bob, eve]) await world.enter(agent, { kind: 'GROUP', name: 'g' });
});

describe('a frame that comes again', () => {
  it.each([['with a number', frame] as const, ['without one', plain] as const])(
    'MSG-12: is the same mail, answered alike, %s',
    async (_what, name) => {
      const message = { id: 'm1', to: 'bob', content: { a: 1, b: [2] } };
      const other = { id: 'm2', to: bob.agentId };
      const first = await world.send([message, other], name);
      world.advance(5000);
      expect(await world.send([{ ...message, content: { b: [2], a: 1 } }, other], name)).toEqual(first);
      expect(idsOf(await world.waiting(bob))).toEqual(['m1', 'm2']);
    },
  );

  it('to several is the same mail in each mailbox, also for who joined meanwhile', async () => {
    const messages = [
      { id: 'm1', group: 'g' },
      { id: 'm2', to: 'bob' },
    ];
    await world.send(messages, plain);
    world.advance(5000);
    const ada = await world.agent('ada');
    await world.enter(ada, { kind: 'GROUP', name: 'g' });
    expect((await world.send(messages, plain)).map(({ recipients }) => recipients)).toEqual([3, 1]);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1', 'm2']);
    expect(idsOf(await world.waiting(eve))).toEqual(['m1']);
    expect(idsOf(await world.waiting(ada))).toEqual(['m1']);
  });

  it('to an audience is the same mail when there is only one left of it, or one at first', async () => {
    const ada = await world.agent('ada');
    for (const [name, messages] of [
      ['group', [{ id: 'm1', group: 'g' }]],
      [
        'mixed',
        [
          { id: 'm2', group: 'g' },
          { id: 'm3', to: 'bob' },
        ],
      ],
    ] as const) {
      await world.enter(eve, { kind: 'GROUP', name: 'g' });
      await world.send(messages, { frameId: name, number: 7 });
      await leave(world.services, eve, { kind: 'GROUP', name: 'g' });
      await world.send(messages, { frameId: name, number: 7 });
      await world.enter(ada, { kind: 'GROUP', name: 'g' });
      await world.send(messages, { frameId: name, number: 7 });
      await leave(world.services, ada, { kind: 'GROUP', name: 'g' });
    }
    expect(await world.mailOf(bob)).toHaveLength(2);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1', 'm2', 'm3']);
    expect(idsOf(await world.waiting(ada))).toEqual(['m1', 'm2']);
  });

  it('to an audience of one is held for what it said, also when that one has dealt with it', async () => {
    await leave(world.services, eve, { kind: 'GROUP', name: 'g' });
    await world.send([{ id: 'm1', group: 'g', content: 'yes' }], frame);
    const refs = (await world.mailOf(bob)).map(({ ref }) => ref);
    await removeMail(world.services, bob, refs);
    await refused(() => world.send([{ id: 'm1', group: 'g', content: 'no' }], frame));
    expect(await world.waiting(bob)).toEqual([]);
  });

  it('with another content is refused, and changes nothing', async () => {
    await world.send([{ id: 'm1', to: 'bob', content: 'yes' }], frame);
    await refused(() => world.send([{ id: 'm1', to: 'bob', content: 'no' }], frame));
    await refused(() => world.send([{ id: 'm1', to: 'bob', content: 'yes', priority: 'high' }], frame));
    await refused(() => world.send([{ id: 'm2', to: 'bob', content: 'yes' }], frame));
    expect((await world.waiting(bob)).map(({ content }) => content)).toEqual(['yes']);
  });

  it('with another content to several is refused, also when one of them has dealt with it', async () => {
    await world.send([{ id: 'm1', group: 'g', content: 'yes' }], frame);
    const [mail] = (await world.mailOf(bob)).map(({ ref }) => ref);
    await removeMail(world.services, bob, [mail ?? '']);
    await refused(() => world.send([{ id: 'm1', group: 'g', content: 'no' }], frame));
    await refused(() => world.send([{ id: 'm1', mode: 'broadcast', content: 'yes' }], frame));
    expect((await world.waiting(eve)).map(({ content }) => content)).toEqual(['yes']);
  });

  it('to one and then to several replaces nothing of that one', async () => {
    await world.send([{ id: 'm1', to: 'bob', content: 'yes' }], frame);
    await world.send([{ id: 'm1', group: 'g', content: 'no' }], frame);
    expect((await world.waiting(bob)).map(({ content }) => content)).toEqual(['yes', 'no']);
  });

  it('to a large audience with another content is refused before anything is spread', async () => {
    for (let index = 0; index < 101; index++) await world.agent(`crowd-${index}`, { type: 'crowd' });
    const message = { id: 'm1', filter: { type: 'crowd' } };
    await world.send([message], frame);
    await world.send([message], frame);
    await refused(() => world.send([{ ...message, content: 'other' }], frame));
    expect(world.ports.queues.tasks).toHaveLength(32);
  });

  it('of another sender or another tenant is another frame', async () => {
    const connectionId = 'socket-theirs';
    await world.connect(connectionId, stranger);
    const { agentId } = await world.register({ registration: { name: 'bob' }, connectionId, principal: stranger });
    const theirs = { tenant: stranger.tenant, agentId, connectionId };
    await world.send([{ id: 'm1', to: 'bob', content: 'yes' }], frame);
    await world.send([{ id: 'm1', to: 'bob', content: 'no' }], { ...frame, from: eve.agentId });
    await world.send([{ id: 'm1', to: 'bob', content: 'theirs' }], { ...frame, principal: stranger });
    expect(new Set((await world.waiting(bob)).map(({ content }) => content))).toEqual(new Set(['no', 'yes']));
    expect((await world.waiting(theirs)).map(({ content }) => content)).toEqual(['theirs']);
  });
});

describe('frames that their sender does not number', () => {
  it('wait in the order in which they came, whatever their ids', async () => {
    await handleDisconnect(world.services, bob.connectionId);
    for (const id of ['2', '10', '1', 'a']) {
      await world.send([{ id, to: 'bob' }], { frameId: id, number: 'none' });
      world.advance(1);
    }
    expect(idsOf(await world.waiting(bob))).toEqual(['2', '10', '1', 'a']);
  });
});
