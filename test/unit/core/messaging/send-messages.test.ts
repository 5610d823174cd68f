import { beforeEach, describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { TenantSettings } from '#core/contract/settings.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { Principal } from '#core/identity/principal.ts';
import { listMail, removeMail } from '#core/messaging/mailbox.ts';
import { leave } from '#core/messaging/memberships.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { intercept } from '#test/support/intercept.ts';
import { owner, stranger, type TestAgent, tenant } from '../world.ts';
import { createMessagingWorld, idsOf } from './messaging-world.ts';

let world: ReturnType<typeof createMessagingWorld>;
let ada: TestAgent;
let bob: TestAgent;
let eve: TestAgent;

const refusal = (code: string, field?: string) =>
  expect.objectContaining({ code, ...(field === undefined ? {} : { field }) });

beforeEach(async () => {
  world = createMessagingWorld();
  ada = await world.agent('ada', { type: 'writer', capabilities: ['write'], labels: { team: 'red' } });
  bob = await world.agent('bob', { capabilities: ['code_review'], labels: { team: 'blue' } });
  eve = await world.agent('eve', { capabilities: ['code_review'], labels: { team: 'red' } });
});

describe('a message to one agent', () => {
  it('MSG-2: is in its mailbox and pushed to it, by name and by id', async () => {
    const results = await world.send([
      { id: 'm1', to: 'bob' },
      { id: 'm2', to: bob.agentId, mode: 'direct', priority: 'high', conversationId: 'c-1' },
    ]);
    expect(results).toEqual([
      { id: 'm1', recipients: 1 },
      { id: 'm2', recipients: 1 },
    ]);
    expect(idsOf(world.pushed(bob))).toEqual(['m1', 'm2']);
    expect(await world.waiting(bob)).toEqual(world.pushed(bob));
    expect(world.pushed(bob)[1]).toMatchObject({ mode: 'direct', from: owner.id, priority: 'high', content: 'm2' });
    expect(world.pushed(ada)).toEqual([]);
  });

  it('MSG-12: is the same mail when its frame comes again', async () => {
    const same = { frameId: 'f', number: 7 };
    await world.send([{ id: 'm1', to: 'bob' }], same);
    await world.send([{ id: 'm1', to: 'bob' }], same);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1']);
  });

  it('waits for an agent that is away, in the order of its sender', async () => {
    await handleDisconnect(world.services, bob.connectionId);
    await world.send([{ id: 'm3', to: 'bob' }], { number: 3 });
    await world.send([{ id: 'm1', to: 'bob' }], { number: 1 });
    await world.send([{ id: 'm2', to: 'bob' }], { number: 2 });
    expect(world.pushed(bob)).toEqual([]);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1', 'm2', 'm3']);
  });

  it('goes to the connection that an agent has come back over', async () => {
    await world.send([{ id: 'm1', to: 'bob' }]);
    world.drop(bob);
    await world.connect('socket-bob-2');
    await world.register({ registration: { name: 'bob' }, connectionId: 'socket-bob-2' });
    await world.send([{ id: 'm2', to: 'bob' }]);
    expect(idsOf(world.pushed({ ...bob, connectionId: 'socket-bob-2' }))).toEqual(['m2']);
  });

  it('stays where it is when its agent’s socket is gone', async () => {
    await world.send([{ id: 'm1', to: 'bob' }]);
    world.drop(bob);
    expect(await world.send([{ id: 'm2', to: 'bob' }])).toEqual([{ id: 'm2', recipients: 1 }]);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1', 'm2']);
  });

  it('closes a socket that the gateway does not reach, so that nothing overtakes', async () => {
    const before = (): never => {
      throw new UnavailableError('The gateway');
    };
    const failing = intercept('sockets', world.ports.sockets, { before });
    const sockets = {
      post: (address: string, frame: string) => failing.post(address, frame),
      close: (address: string) => world.ports.sockets.close(address),
    };
    await world.send([{ id: 'm1', to: 'bob' }], { services: { ...world.services, sockets } });
    expect(world.ports.sockets.closed).toEqual([bob.connectionId]);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1']);
  });

  it('is forgotten once it is acknowledged, and no other', async () => {
    await world.send([{ id: 'm1', to: 'bob' }], { number: 1 });
    await world.send([{ id: 'm2', to: 'bob' }], { number: 2 });
    const { items } = await listMail(world.services, bob, 10);
    await removeMail(world.services, eve, [items[0]?.ref ?? '']);
    expect(idsOf(await world.waiting(bob))).toEqual(['m1', 'm2']);
    await removeMail(world.services, bob, [items[0]?.ref ?? '', items[0]?.ref ?? '', 'never']);
    expect(idsOf(await world.waiting(bob))).toEqual(['m2']);
  });

  it('is refused for an agent that there is not, and for another tenant’s in the same words', async () => {
    const before = world.ports.table.items();
    const unknown = world.send([{ id: 'm1', to: 'nobody' }]);
    await expect(unknown).rejects.toThrow(refusal('NOT_FOUND'));
    for (const to of ['bob', bob.agentId])
      await expect(world.send([{ id: 'm1', to }], { principal: stranger })).rejects.toThrow(`There is no agent ${to}.`);
    expect(world.ports.table.items()).toEqual(before);
  });

  it('that is refused does not hold up the others of its frame', async () => {
    const results = await world.send([
      { id: 'm1', to: 'nobody' },
      { id: 'm2', to: 'bob' },
      { id: 'm3', mode: 'publish' },
    ]);
    expect(results).toEqual([
      { id: 'm1', error: expect.objectContaining({ code: 'NOT_FOUND', retryable: false }) },
      { id: 'm2', recipients: 1 },
      { id: 'm3', error: expect.objectContaining({ code: 'INVALID_FIELD', field: 'topic' }) },
    ]);
    expect(idsOf(await world.waiting(bob))).toEqual(['m2']);
  });

  it('that nobody took in time is not delivered, and seen by whoever looks', async () => {
    await handleDisconnect(world.services, bob.connectionId);
    await world.send([{ id: 'm1', to: 'bob', ttlSeconds: 60 }], { number: 1 });
    await world.send([{ id: 'm2', to: 'bob', ttlSeconds: 120 }], { number: 2 });
    world.advance(60_000);
    expect(idsOf(await world.waiting(bob))).toEqual(['m2']);
    const { items } = await listMail(world.services, bob, 10);
    expect(items.map(({ status, messages }) => [status, ...messages])).toEqual([
      ['expired', 'm1'],
      ['waiting', 'm2'],
    ]);
  });

  it('is refused by name when the mailbox is full, and taken when there is room again', async () => {
    await handleDisconnect(world.services, bob.connectionId);
    let sent = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await world.send([{ id: `m${sent}`, to: 'bob' }]);
        sent += 1;
      }
    };
    await expect(fill()).rejects.toThrow(refusal('MAILBOX_FULL'));
    expect(sent).toBe(1000);
    await expect(world.send([{ id: 'more', to: 'bob' }])).rejects.toThrow(refusal('MAILBOX_FULL'));
    expect((await world.send([{ id: 'all', filter: { labels: { team: 'blue' } } }]))[0]).toEqual({
      id: 'all',
      recipients: 0,
      full: [bob.agentId],
    });
    const { items } = await listMail(world.services, bob, 100);
    await removeMail(
      world.services,
      bob,
      items.map(({ ref }) => ref),
    );
    expect(await world.send([{ id: 'more', to: 'bob' }])).toEqual([{ id: 'more', recipients: 1 }]);
  });
});

describe('a mailbox', () => {
  it('is passed by no more than what is under way, however many send through one environment at once', async () => {
    await handleDisconnect(world.services, bob.connectionId);
    let sent = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        sent += 1;
        await world.send([{ id: `m${sent}`, to: 'bob' }]);
      }
    };
    const full = { status: 'rejected', reason: refusal('MAILBOX_FULL') };
    const senders = Array.from({ length: 50 }, fill);
    expect(await Promise.allSettled(senders)).toEqual(senders.map(() => full));
    const held = (await world.mailOf(bob)).length;
    expect(held).toBeGreaterThanOrEqual(1000);
    expect(held).toBeLessThanOrEqual(1050);
  });
});

describe('a message to many', () => {
  it('MSG-3: reaches all, or those that a filter names, and never its sender', async () => {
    const { agentId } = ada;
    const all = await world.send([{ id: 'all', mode: 'broadcast' }], { from: agentId });
    const [reviewers, red, writers] = await world.send([
      { id: 'reviewers', to: 'broadcast.code_review' },
      { id: 'red', filter: { labels: { team: 'red' }, capability: 'code_review' } },
      { id: 'writers', filter: { type: 'writer' } },
    ]);
    expect(all).toEqual([{ id: 'all', recipients: 2 }]);
    expect([reviewers, red, writers].map((sent) => sent?.recipients)).toEqual([2, 1, 1]);
    expect(idsOf(world.pushed(ada))).toEqual(['writers']);
    expect(idsOf(world.pushed(bob))).toEqual(['all', 'reviewers']);
    expect(idsOf(world.pushed(eve))).toEqual(['all', 'reviewers', 'red']);
  });

  it('MSG-10: reaches the members of a group for as long as they are in it', async () => {
    await world.enter(bob, { kind: 'GROUP', name: 'security' });
    await world.enter(bob, { kind: 'GROUP', name: 'security' });
    await world.enter(eve, { kind: 'GROUP', name: 'security' });
    expect(await world.send([{ id: 'm1', group: 'security' }])).toEqual([{ id: 'm1', recipients: 2 }]);
    await leave(world.services, bob, { kind: 'GROUP', name: 'security' });
    await leave(world.services, bob, { kind: 'GROUP', name: 'security' });
    expect(await world.send([{ id: 'm2', group: 'security' }])).toEqual([{ id: 'm2', recipients: 1 }]);
    expect(idsOf(await world.waiting(eve))).toEqual(['m1', 'm2']);
    expect(await world.send([{ id: 'm3', group: 'security' }], { principal: stranger })).toEqual([
      { id: 'm3', recipients: 0 },
    ]);
  });

  it('reaches whoever subscribes to its topic, once, and wants its content', async () => {
    await world.enter(bob, { kind: 'TOPIC', name: 'reviews.*.done' });
    await world.enter(bob, { kind: 'TOPIC', name: 'reviews.#' });
    await world.enter(eve, { kind: 'TOPIC', name: '#', where: { 'result.grade': ['a', 1], open: [true] } });
    const [good, bad, other] = await world.send([
      { id: 'good', topic: 'reviews.security.done', content: { result: { grade: 1 }, open: true } },
      { id: 'bad', topic: 'reviews.security.done', content: { result: { grade: 'c' }, open: true } },
      { id: 'other', topic: 'builds.done', content: { result: { grade: 'a' } } },
    ]);
    expect([good, bad, other].map((sent) => sent?.recipients)).toEqual([2, 1, 0]);
    expect(idsOf(world.pushed(bob))).toEqual(['good', 'bad']);
    expect(idsOf(world.pushed(eve))).toEqual(['good']);
  });

  it('is spread from the queue when there are many, to each once, whatever is repeated', async () => {
    const crowd: TestAgent[] = [];
    for (let index = 0; index < 130; index++) crowd.push(await world.agent(`crowd-${index}`, { type: 'crowd' }));
    const sent = await world.send([{ id: 'all', filter: { type: 'crowd' } }]);
    expect(sent).toEqual([{ id: 'all', isSpread: true }]);
    expect(world.ports.queues.tasks).toHaveLength(16);
    world.ports.queues.tasks.push(...world.ports.queues.tasks.slice(0, 5));
    await world.drainTasks();
    for (const agent of crowd) expect(idsOf(await world.waiting(agent))).toEqual(['all']);
    expect(world.pushed(bob)).toEqual([]);
  });

  it('that comes to its turn too late is not delivered, and seen as expired', async () => {
    for (let index = 0; index < 101; index++) await world.agent(`crowd-${index}`, { type: 'crowd' });
    const one = await world.agent('one', { type: 'crowd' });
    await world.send([{ id: 'all', filter: { type: 'crowd' }, ttlSeconds: 30 }]);
    world.advance(30_000);
    await world.drainTasks();
    expect([world.pushed(one), await world.waiting(one)]).toEqual([[], []]);
    const { items } = await listMail(world.services, one, 10);
    expect(items.map(({ status, messages }) => [status, ...messages])).toEqual([['expired', 'all']]);
  });

  it('divides what is too much for one job', async () => {
    for (let index = 0; index < 20; index++) await world.agent(`crowd-${index}`, { type: 'crowd' });
    const message = { id: 'm', mode: 'broadcast', from: 'x', content: 1, sentAt: 0, expiresAt: 9e12 } as const;
    const job = { kind: 'spread', tenant, ref: 'r', message, audience: { kind: 'all', filter: {} } } as const;
    world.ports.queues.tasks.push({ tenant, message: { ...job, part: '0' } });
    await world.drainTasks();
    const holders = world.ports.table.items().filter(({ pk }) => String(pk).startsWith(`${tenant}#MAIL#`));
    const places = world.ports.table.items().filter(({ pk, sk }) => pk === `${tenant}#CAP#*` && String(sk)[0] === '0');
    expect(holders).toHaveLength(places.length);
  });

  it('does not reach an agent that was removed', async () => {
    await world.enter(bob, { kind: 'GROUP', name: 'security' });
    await world.enter(bob, { kind: 'TOPIC', name: 'a.#' });
    await removeAgent(world.services, owner, bob.agentId);
    const sent = await world.send([
      { id: 'm1', group: 'security' },
      { id: 'm2', topic: 'a.b' },
      { id: 'm3', filter: {} },
    ]);
    expect(sent.map(({ recipients }) => recipients)).toEqual([0, 0, 2]);
    const left = world.ports.table.items().filter(({ pk }) => String(pk).includes('#MEMBER#'));
    expect(left).toEqual([]);
  });
});

describe('who may be written to', () => {
  const limited = Principal.parse({ tenant, id: 'key:limited', role: 'agent', capabilities: ['code_review'] });

  it('a key for some capabilities reaches what is named after them', async () => {
    await world.enter(bob, { kind: 'GROUP', name: 'code_review:urgent' }, limited);
    await world.enter(bob, { kind: 'TOPIC', name: 'code_review.#' }, limited);
    for (const membership of [{ kind: 'GROUP', name: 'security' } as const, { kind: 'TOPIC', name: '#' } as const])
      await expect(world.enter(bob, membership, limited)).rejects.toThrow(refusal('FORBIDDEN'));
    const sent = await world.send(
      [
        { id: 'm1', group: 'code_review:urgent' },
        { id: 'm2', topic: 'code_review.done' },
        { id: 'm3', filter: { capability: 'code_review' } },
        { id: 'm4', to: 'ada' },
        { id: 'm5', group: 'security' },
        { id: 'm6', topic: 'security.done' },
        { id: 'm7', mode: 'broadcast' },
      ],
      { principal: limited },
    );
    expect(sent.map(({ recipients, error }) => recipients ?? error?.field)).toEqual([
      1,
      1,
      2,
      1,
      'group',
      'topic',
      'filter.capability',
    ]);
  });

  it('a tenant’s settings say which roles join and send', async () => {
    const settings = {
      messaging: {
        groups: { board: { join: ['operator'], send: ['admin'] } },
        topics: { 'orders.#': { send: ['operator'] } },
      },
    };
    await writeSettings(world.services, tenant, TenantSettings.parse(settings));
    const agent = Principal.parse({ tenant, id: 'key:agent', role: 'agent' });
    const operator = Principal.parse({ tenant, id: 'key:operator', role: 'operator' });
    await expect(world.enter(bob, { kind: 'GROUP', name: 'board' }, agent)).rejects.toThrow(
      refusal('FORBIDDEN', 'name'),
    );
    await world.enter(bob, { kind: 'GROUP', name: 'board' }, operator);
    await expect(world.send([{ id: 'm', group: 'board' }], { principal: agent })).rejects.toThrow(
      refusal('FORBIDDEN', 'group'),
    );
    expect(await world.send([{ id: 'm', group: 'board' }])).toEqual([{ id: 'm', recipients: 1 }]);
    await expect(world.send([{ id: 'm', topic: 'orders.new' }], { principal: agent })).rejects.toThrow(
      refusal('FORBIDDEN', 'topic'),
    );
    expect(await world.send([{ id: 'm', topic: 'orders.new' }], { principal: operator })).toEqual([
      { id: 'm', recipients: 0 },
    ]);
  });

  it('a subscription hears nothing that its role is kept out of, however wide it is', async () => {
    const settings = { messaging: { topics: { 'orders.#': { join: ['operator'] }, 'audit.secret': { join: [] } } } };
    await writeSettings(world.services, tenant, TenantSettings.parse(settings));
    const agent = Principal.parse({ tenant, id: 'key:agent', role: 'agent' });
    const enter = (name: string) => world.enter(bob, { kind: 'TOPIC', name }, agent);
    for (const name of ['#', '*', '*.new', '#.new', 'orders', 'orders.#', 'orders.*.x', 'audit.*', 'audit.secret'])
      await expect(enter(name)).rejects.toThrow(refusal('FORBIDDEN', 'pattern'));
    for (const name of ['audit', 'audit.open', 'news.#']) await enter(name);
    expect(await world.send([{ id: 'm', topic: 'orders.new' }])).toEqual([{ id: 'm', recipients: 0 }]);
  });

  it('an agent is in a hundred groups and topics at most', async () => {
    for (let index = 0; index < 100; index++) await world.enter(bob, { kind: 'GROUP', name: `g${index}` });
    await world.enter(bob, { kind: 'GROUP', name: 'g7' });
    await expect(world.enter(bob, { kind: 'TOPIC', name: 'a' })).rejects.toThrow(refusal('QUOTA_EXCEEDED'));
  });
});
