import { describe, expect, it } from 'vitest';
import type { Envelope } from '#core/contract/envelope.ts';
import type { Agent } from '#sdk/index.ts';
import { next, until, useAgents } from './agent-fixture.ts';
import type { FakeConnection } from './fake-platform.ts';

const fixture = useAgents();
const scope = 'team';
const replica = 'rmi3k2x9q0a1b2c3d';
const era = 1_800_000_000_000;

const news = (parts: readonly object[] = [], rest: object = {}) => ({ scope, parts, author: 'agt_me', ...rest });

const counter = (clock: Record<string, number>, plus: Record<string, number>, rest: object = {}) => ({
  kind: 'counter',
  name: 'n',
  era,
  clock,
  count: { plus, minus: {} },
  ...rest,
});

/** An agent whose first question is answered. */
const start = async (): Promise<{ agent: Agent; connection: FakeConnection }> => {
  const agent = fixture.createAgent();
  agent.state(scope, { syncIntervalMs: 20_000 });
  await agent.start();
  const connection = await fixture.platform.connection();
  const asked = await connection.next('state.pull');
  expect(asked.payload).toMatchObject({ scope, subscribe: true, join: true });
  connection.send('state.delta', news([], { replica }), asked.id);
  return { agent, connection };
};

/** Until the answer has come and the next look is set. */
const isToLook = (): Promise<void> => until(() => fixture.timers.delays.includes(20_000));

const opsOf = ({ payload }: Envelope): unknown =>
  typeof payload === 'object' && payload !== null && 'ops' in payload ? payload.ops : undefined;

describe('a scope', () => {
  it.each(['a b', '', '.x', 'x'.repeat(65)])('that there can be none of is refused at once: %j', (name) => {
    expect(() => fixture.createAgent().state(name)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'scope' }),
    );
  });
});

describe('shared state of an agent', () => {
  it('shows its own changes at once, and sends those of one go together, numbered', async () => {
    const { agent, connection } = await start();
    const state = agent.state(scope);
    const seen: number[] = [];
    state.onChange(({ counters }) => seen.push(counters['n'] ?? 0));
    state.increment('n', 2);
    state.increment('n');
    expect([state.counter('n'), state.isSettled, seen]).toEqual([3, false, [2, 3]]);
    const patch = await connection.next('state.patch');
    expect(patch.payload).toEqual({
      scope,
      replica,
      vector: {},
      ops: [
        { op: 'increment', name: 'n', by: 2, n: 1 },
        { op: 'increment', name: 'n', by: 1, n: 2 },
      ],
    });
    connection.send('state.delta', news([counter({ [replica]: 2 }, { [replica]: 3 })]), patch.id);
    await until(() => state.isSettled);
    expect(state.counter('n')).toBe(3);
    expect(fixture.platform.violations).toEqual([]);
  });

  it('sends what was not confirmed again over the next connection, as it was, and what came after it then', async () => {
    const { agent, connection } = await start();
    const state = agent.state(scope);
    state.addToSet('s', 'x');
    const first = await connection.next('state.patch');
    const down = new Promise((resolve) => agent.on('disconnected', resolve));
    connection.drop();
    await down;
    await next();
    state.addToSet('s', 'y');
    fixture.timers.advance(1000);
    const second = await fixture.platform.connection();
    const again = await second.next('state.patch');
    expect([again.id, opsOf(again)]).toEqual([first.id, opsOf(first)]);
    // The new connection is told of others' changes as well.
    expect((await second.next('state.pull')).payload).toMatchObject({ subscribe: true });
    const set = {
      kind: 'set',
      name: 's',
      era,
      clock: { [replica]: 1 },
      entries: { '"x"': { [replica]: 1 } },
      removals: {},
    };
    second.send('state.delta', news([set]), again.id);
    expect(opsOf(await second.next('state.patch'))).toEqual([{ op: 'addToSet', name: 's', value: 'y', n: 2 }]);
    expect(state.set('s')).toEqual(['x', 'y']);
  });

  it('takes what others changed, once, and asks when it missed something', async () => {
    const { agent, connection } = await start();
    const state = agent.state(scope);
    const change = counter({ other: 1 }, { other: 4 }, { since: {} });
    connection.send('state.delta', news([change]));
    await until(() => state.counter('n') === 4);
    connection.send('state.delta', news([change]));
    connection.send('state.delta', news([counter({ other: 3 }, { other: 9 }, { since: { other: 2 } })]));
    const asked = await connection.next('state.pull');
    expect(asked.payload).toEqual({ scope, subscribe: false, vector: { 'counter:n': { era, clock: { other: 1 } } } });
    expect(state.counter('n')).toBe(4);
    connection.send('state.delta', news([counter({ other: 3 }, { other: 9 }, { since: { other: 1 } })]), asked.id);
    await until(() => state.counter('n') === 9);
  });

  it('looks at intervals, page by page, and lives with a look that fails', async () => {
    const { agent, connection } = await start();
    const errors: Error[] = [];
    agent.on('error', (error) => errors.push(error));
    await isToLook();
    fixture.timers.advance(20_000);
    connection.refuse(await connection.next('state.pull'), 'FORBIDDEN');
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'FORBIDDEN' });
    await isToLook();
    fixture.timers.advance(20_000);
    const page = await connection.next('state.pull');
    connection.send('state.delta', news([], { next: 'set:s' }), page.id);
    expect((await connection.next('state.pull')).payload).toMatchObject({ from: 'set:s' });
  });

  it('joins anew when the platform no longer knows its replica, and sends its changes under the new name', async () => {
    const { agent, connection } = await start();
    const state = agent.state(scope);
    state.increment('n', 5);
    connection.refuse(await connection.next('state.patch'), 'STALE_REPLICA');
    const asked = await connection.next('state.pull');
    expect(asked.payload).toMatchObject({ join: true });
    const newName = `${replica}x`;
    connection.send('state.delta', news([], { replica: newName }), asked.id);
    expect((await connection.next('state.patch')).payload).toMatchObject({
      replica: newName,
      ops: [{ op: 'increment', name: 'n', by: 5, n: 1 }],
    });
    expect(state.counter('n')).toBe(5);
  });

  it('takes back what is refused, says so, and goes on', async () => {
    const { agent, connection } = await start();
    const errors: Error[] = [];
    agent.on('error', (error) => errors.push(error));
    const state = agent.state(scope);
    state.increment('n', 5);
    connection.refuse(await connection.next('state.patch'), 'FORBIDDEN');
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('team') });
    expect([state.counter('n'), state.isSettled]).toEqual([0, true]);
    const asked = await connection.next('state.pull');
    connection.send('state.delta', news([], { replica: `${replica}x` }), asked.id);
    state.setMap('m', 'k', 1);
    expect((await connection.next('state.patch')).payload).toMatchObject({ ops: [{ op: 'setMap', n: 1 }] });
  });

  it('removes only what it has seen', async () => {
    const { agent, connection } = await start();
    const state = agent.state(scope);
    const set = { kind: 'set', name: 's', era, clock: { other: 1 }, entries: { '"x"': { other: 1 } }, removals: {} };
    connection.send('state.delta', news([set]));
    await until(() => state.set('s').length === 1);
    state.removeFromSet('s', 'x');
    expect(state.set('s')).toEqual([]);
    expect(opsOf(await connection.next('state.patch'))).toEqual([
      { op: 'removeFromSet', name: 's', value: 'x', seen: { other: 1 }, era, n: 1 },
    ]);
    // Somebody adds it once more before the removal comes there.
    const again = { ...set, clock: { other: 2 }, entries: { '"x"': { other: 2 } }, since: { other: 1 } };
    connection.send('state.delta', news([again]));
    await until(() => state.set('s').length === 1);
  });

  it('writes later than what it knows of a key, whatever its clock says', async () => {
    const { agent, connection } = await start();
    const state = agent.state(scope);
    const at = fixture.timers.now() + 60_000;
    const entry = { value: 'ahead', at, by: 'agt_other', replica: 'other', dot: 1 };
    connection.send('state.delta', news([{ kind: 'map', name: 'm', era, clock: { other: 1 }, entries: { k: entry } }]));
    await until(() => state.map('m')['k'] === 'ahead');
    state.setMap('m', 'k', 'mine');
    expect(state.map('m')).toEqual({ k: 'mine' });
    expect(opsOf(await connection.next('state.patch'))).toMatchObject([{ at: at + 1 }]);
  });

  it('refuses at once what could never be taken', async () => {
    const { agent } = await start();
    const state = agent.state(scope);
    expect(() => state.increment('n', 0.5)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', field: 'by' }));
    expect(() => state.addToSet('s', 'x'.repeat(2000))).toThrow(expect.objectContaining({ field: 'value' }));
    expect(() => state.setMap('m', '', 1)).toThrow(expect.objectContaining({ field: 'key' }));
    expect(state.values).toEqual({ counters: {}, sets: {}, maps: {} });
  });

  it('is told nothing more once it is closed', async () => {
    const { agent, connection } = await start();
    agent.state(scope).close();
    expect((await connection.next('unwatch')).payload).toEqual({ scope });
  });
});
