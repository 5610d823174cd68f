import { beforeEach, describe, expect, it } from 'vitest';
import { clientFrames } from '#core/contract/client-frames.ts';
import { limits } from '#core/contract/limits.ts';
import type { StateOp } from '#core/contract/state.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { Principal } from '#core/identity/principal.ts';
import { patchState } from '#core/state/patch-state.ts';
import { pullState } from '#core/state/pull-state.ts';
import { viewState } from '#core/state/view-state.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { createWorld, owner, stranger, tenant, type World } from '../world.ts';

const scope = 'team';
const dayMs = 24 * 3_600_000;

let world: World;
let patches = 0;

beforeEach(() => {
  world = createWorld();
});

interface Say {
  readonly replica?: string;
  readonly patchId?: string;
  readonly who?: Principal;
  readonly agentId?: string;
  readonly scope?: string;
  readonly connectionId?: string;
}

const say = (ops: readonly object[], { patchId, who = owner, agentId, connectionId, ...rest }: Say = {}) => {
  patches += 1;
  return patchState(world.services, {
    principal: who,
    agentId,
    connectionId,
    patchId: patchId ?? `patch-${patches}`,
    patch: clientFrames['state.patch'].parse({ scope, ops, ...rest }),
  });
};

const add = (by: number, n?: number): StateOp => ({
  op: 'increment',
  name: 'count',
  by,
  ...(n === undefined ? {} : { n }),
});

const pull = (asked: object = {}, who = owner, connectionId = 'socket-1') =>
  pullState(world.services, {
    principal: who,
    connectionId,
    pull: clientFrames['state.pull'].parse({ scope, ...asked }),
  });

const join = async (who = owner): Promise<string> => String((await pull({ join: true }, who)).replica);

const view = async (of = scope, who = owner) => (await viewState(world.services, who, of, { limit: 50 })).view;

const kept = (): string => JSON.stringify(world.ports.table.items().filter(({ pk }) => String(pk).includes('#STATE#')));

describe('patchState', () => {
  it('merges counters, sets and maps', async () => {
    await say([
      add(5),
      add(-2),
      { op: 'addToSet', name: 'tags', value: { b: 1, a: [2] } },
      { op: 'addToSet', name: 'tags', value: 'x' },
      { op: 'removeFromSet', name: 'tags', value: 'x' },
      { op: 'setMap', name: 'facts', key: 'k', value: null },
    ]);
    expect(await view()).toEqual({
      scope,
      counters: { count: 3 },
      sets: { tags: [{ a: [2], b: 1 }] },
      maps: { facts: { k: null } },
    });
  });

  it('counts what a replica numbers once, however often and late it comes', async () => {
    const replica = await join();
    await say([add(1, 1), add(2, 2)], { replica });
    await say([add(4, 3)], { replica });
    const before = kept();
    await say([add(1, 1), add(2, 2)], { replica });
    await say([add(4, 3)], { replica });
    expect(kept()).toBe(before);
    expect((await view()).counters).toEqual({ count: 7 });
  });

  it('does not count a change before those that its replica made earlier', async () => {
    const replica = await join();
    const before = kept();
    await expect(say([add(4, 2)], { replica })).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    expect(kept()).toBe(before);
  });

  it('counts a patch without numbers once for its id', async () => {
    await say([add(1)], { patchId: 'same' });
    await say([add(1)], { patchId: 'same' });
    await say([add(1)], { patchId: 'other' });
    await expect(say([add(2)], { patchId: 'same' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect((await view()).counters).toEqual({ count: 2 });
  });

  it('goes on where a crash left off', async () => {
    const replica = await join();
    const ops = [add(1, 1), { op: 'addToSet', name: 'tags', value: 'x', n: 1 }];
    let puts = 0;
    world.hooks.before = ({ name, key }: { name: string; key?: { sk: string } }) => {
      if (name === 'put' && key?.sk.includes(':') === true && ++puts === 2) throw new UnavailableError('The table');
    };
    await expect(say(ops, { replica })).rejects.toThrow(UnavailableError);
    delete world.hooks.before;
    await say(ops, { replica });
    expect(await view()).toMatchObject({ counters: { count: 1 }, sets: { tags: ['x'] } });
  });

  it('lets nobody speak as the replica of another', async () => {
    const replica = await join();
    await say([add(1, 1)], { replica, agentId: 'agt_a' });
    const before = kept();
    await expect(say([add(1, 2)], { replica, agentId: 'agt_b' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      field: 'replica',
      message: expect.stringContaining('another writer'),
    });
    expect(kept()).toBe(before);
  });

  it('refuses a replica that was silent for a day, and may have been folded', async () => {
    const replica = await join();
    world.advance(dayMs);
    await expect(say([add(1, 1)], { replica })).rejects.toMatchObject({ code: 'STALE_REPLICA', retryable: false });
  });

  it('keeps no more of those that were silent for a day once there are many, and counts nothing of them twice', async () => {
    const replicas: string[] = [];
    for (let index = 0; index < 70; index++) {
      const replica = await join();
      replicas.push(replica);
      await say([add(1, 1), { op: 'addToSet', name: 'tags', value: index, n: 1 }], { replica });
    }
    const large = kept().length;
    const seen = await pull();
    world.advance(dayMs + 1);
    await say([add(1), { op: 'removeFromSet', name: 'tags', value: 3 }]);
    expect(kept().length).toBeLessThan(large / 2);
    const after = await view();
    expect(after.counters).toEqual({ count: 71 });
    expect(after.sets['tags']).toHaveLength(69);
    const [first = ''] = replicas;
    await expect(say([add(1, 1)], { replica: first })).rejects.toMatchObject({ code: 'STALE_REPLICA' });
    // Whoever knew the old one is told the whole.
    const vector = Object.fromEntries(
      seen.parts.map(({ kind, name, era, clock }) => [`${kind}:${name}`, { era, clock }]),
    );
    const news = await pull({ vector });
    expect(news.parts.map(({ since }) => since)).toEqual([undefined, undefined]);
  });

  it.each([
    [
      'a value that outgrows its name',
      'PAYLOAD_TOO_LARGE',
      [...Array(6).keys()].map((key) => ({ op: 'setMap', name: 'm', key: `k${key}`, value: 'x'.repeat(4000) })),
    ],
    ['a time that would win for years', 'INVALID_FIELD', [{ op: 'setMap', name: 'm', key: 'k', value: 1, at: 4e12 }]],
  ])('refuses %s, and takes nothing else of the patch', async (_what, code, bad) => {
    const before = kept();
    await expect(say([add(1), ...bad])).rejects.toMatchObject({ code, retryable: false });
    expect(kept()).toBe(before);
  });

  it('lets a name shrink that is as large as it may be', async () => {
    for (let index = 0; index < 18; index++)
      await say([{ op: 'addToSet', name: 's', value: `${index}${'x'.repeat(1000)}` }]);
    await expect(
      say([0, 1].map((index) => ({ op: 'addToSet', name: 's', value: `more${index}${'x'.repeat(1000)}` }))),
    ).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', field: 'ops', limit: limits.statePartBytes });
    await say([{ op: 'removeFromSet', name: 's', value: `0${'x'.repeat(1000)}` }]);
    expect((await view()).sets['s']).toHaveLength(17);
  });

  it('takes so many names in a scope and no more', async () => {
    const names = [...Array(limits.partsPerScope).keys()].map((index) => ({ op: 'increment', name: `n${index}` }));
    await say(names.slice(0, 100));
    await say(names.slice(100));
    await expect(say([{ op: 'increment', name: 'more' }])).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      limit: limits.partsPerScope,
    });
    await say([{ op: 'increment', name: 'n0' }]);
  });

  it('lets the later of two writers win, the higher agent of one moment, whoever comes first', async () => {
    const at = world.ports.clock.now();
    const set = (value: string, atMs: number) => ({ op: 'setMap', name: 'm', key: 'k', value, at: atMs });
    await say([set('b', at)], { agentId: 'agt_b' });
    await say([set('a', at)], { agentId: 'agt_a' });
    expect((await view()).maps).toEqual({ m: { k: 'b' } });
    await say([set('later', at + 1)], { agentId: 'agt_a' });
    await say([set('earlier', at - 1)], { agentId: 'agt_c' });
    expect((await view()).maps).toEqual({ m: { k: 'later' } });
  });

  it('applies what many do at one moment, each once', async () => {
    await Promise.all([...Array(8).keys()].map((index) => say([add(1)], { agentId: `agt_${index}` })));
    expect((await view()).counters).toEqual({ count: 8 });
  });
});

describe('pullState', () => {
  it('answers what is newer than what was seen, and nothing else', async () => {
    const replica = await join();
    await say([add(1, 1), { op: 'setMap', name: 'm', key: 'a', value: 1, n: 1 }], { replica });
    const first = await pull();
    const vector = Object.fromEntries(
      first.parts.map(({ kind, name, era, clock }) => [`${kind}:${name}`, { era, clock }]),
    );
    expect((await pull({ vector })).parts).toEqual([]);
    await say([{ op: 'setMap', name: 'm', key: 'b', value: 2, n: 2 }], { replica });
    const { parts } = await pull({ vector });
    expect(parts).toEqual([
      expect.objectContaining({ kind: 'map', name: 'm', clock: { [replica]: 2 }, since: { [replica]: 1 } }),
    ]);
    expect(Object.keys(parts[0]?.kind === 'map' ? parts[0].entries : {})).toEqual(['b']);
  });

  it('answers in as many parts as frames take', async () => {
    const value = 'x'.repeat(4000);
    for (let index = 0; index < 12; index++) await say([{ op: 'setMap', name: `m${index}`, key: 'k', value }]);
    const names: string[] = [];
    let from: string | undefined;
    do {
      const answer = await pull(from === undefined ? {} : { from });
      expect(JSON.stringify(answer).length).toBeLessThan(limits.inlinePayloadBytes);
      names.push(...answer.parts.map(({ name }) => name));
      from = answer.next;
    } while (from !== undefined);
    expect(names.toSorted()).toEqual([...Array(12).keys()].map((index) => `m${index}`).toSorted());
  });

  it('tells those who pulled of every change but their own, until they are gone', async () => {
    await pull({}, owner, 'socket-a');
    await pull({}, owner, 'socket-b');
    await pull({ subscribe: false }, owner, 'socket-c');
    await say([add(3)], { connectionId: 'socket-a' });
    expect(world.frames('socket-a', 'state.delta')).toEqual([]);
    expect(world.frames('socket-c', 'state.delta')).toEqual([]);
    expect(world.frames('socket-b', 'state.delta')).toMatchObject([
      { payload: { scope, parts: [{ kind: 'counter', name: 'count', since: {} }] } },
    ]);
    world.ports.sockets.gone.add('socket-b');
    await say([add(3)]);
    const watchers = world.ports.table.items().filter(({ pk }) => String(pk).includes('#WATCH#'));
    expect(watchers.map(({ sk }) => sk)).toEqual(['socket-a']);
  });

  it('shows another tenant an empty scope of the same name', async () => {
    await say([add(1)]);
    expect((await pull({}, stranger)).parts).toEqual([]);
    await expect(view(scope, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await say([add(5)], { who: stranger });
    expect((await view()).counters).toEqual({ count: 1 });
  });
});

describe('the rules of a tenant', () => {
  const viewer = Principal.parse({ tenant, id: 'key:viewer', role: 'viewer' });
  const agent = Principal.parse({ tenant, id: 'key:agent', role: 'agent' });

  it('say which roles may read and write a scope; the first that fits holds', async () => {
    await say([add(1)], { scope: 'board-1' });
    await writeSettings(world.services, tenant, {
      stateAccess: [
        { scope: 'board-open', read: ['viewer'] },
        { scope: 'board-*', read: ['agent', 'operator'], write: ['operator'] },
      ],
    });
    await expect(view('board-1', viewer)).rejects.toMatchObject({ code: 'FORBIDDEN', field: 'scope' });
    expect(await view('board-1', agent)).toMatchObject({ counters: { count: 1 } });
    await expect(pull({ scope: 'board-1' }, viewer)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(say([add(1)], { scope: 'board-1', who: agent })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(view('board-open', viewer)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('hold for those who subscribed before they were set: who may not read is told nothing more', async () => {
    for (const who of [viewer, agent]) await pull({ scope: 'board-1' }, who, `socket-${who.id}`);
    await say([add(1)], { scope: 'board-1' });
    await writeSettings(world.services, tenant, { stateAccess: [{ scope: 'board-*', read: ['agent'] }] });
    await say([add(1)], { scope: 'board-1' });
    const told = (who: Principal) => world.frames(`socket-${who.id}`, 'state.delta').length;
    expect([told(viewer), told(agent)]).toEqual([1, 2]);
  });

  it('let nobody write what is the platform’s', async () => {
    await expect(say([add(1)], { scope: 'muster.workload' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('the workload', () => {
  it('is a counter for each agent that stands at what its slots carry', async () => {
    const ada = await world.agent('ada', { capabilities: ['x'], maxConcurrency: 4 });
    const submit = async (slotCost: number) =>
      (await world.submit({ slotCost, requirements: { capabilities: ['x'] } })).taskId;
    const [small, large, last] = [await submit(1), await submit(2), await submit(1)];
    const carried = async () => (await view('muster.workload')).counters;
    expect(await carried()).toEqual({ [ada.agentId]: 4 });
    await world.complete(ada, large);
    expect(await carried()).toEqual({ [ada.agentId]: 2 });
    await world.fail(ada, small, { retryable: false });
    await world.complete(ada, last);
    expect(await carried()).toEqual({ [ada.agentId]: 0 });
    expect(await world.slots(ada)).toMatchObject({ taken: 4, given: 4 });
  });
});
