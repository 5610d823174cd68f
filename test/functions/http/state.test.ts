import { beforeEach, describe, expect, it } from 'vitest';
import { call } from '../call.ts';
import { createWorld, frameText, type HttpRequest, openSocket, principal, snapshot, type World } from '../harness.ts';

let world: World;

beforeEach(() => {
  world = createWorld();
});

const get = (request: HttpRequest = {}) =>
  call(world, 'GET /v1/state/{scope}', { params: { scope: 'team' }, ...request });
const post = (ops: readonly object[], request: HttpRequest = {}) =>
  call(world, 'POST /v1/state', { body: { scope: 'team', ops }, ...request });

const count = { op: 'increment', name: 'n', by: 2 };

describe('shared state over HTTP', () => {
  it('is changed, and read with a version that changes with it', async () => {
    expect(await get()).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await post([count, { op: 'addToSet', name: 's', value: 1 }])).toMatchObject({
      status: 200,
      body: { scope: 'team', counters: { n: 2 }, sets: { s: [1] }, maps: {} },
    });
    const first = await get();
    expect(first.body).toEqual({ scope: 'team', counters: { n: 2 }, sets: { s: [1] }, maps: {} });
    expect((await get()).headers['etag']).toBe(first.headers['etag']);
    await post([count]);
    expect((await get()).headers['etag']).not.toBe(first.headers['etag']);
  });

  it('counts a request once for its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    await post([count], { headers });
    await post([count], { headers });
    await post([count], { headers: { 'idempotency-key': 'k-2' } });
    expect((await get()).body.counters).toEqual({ n: 4 });
  });

  it('comes in pages', async () => {
    await post(['a', 'b', 'c'].map((name) => ({ op: 'increment', name })));
    const first = (await get({ query: { limit: '2' } })).body;
    expect(first).toMatchObject({ counters: { a: 1, b: 1 }, nextCursor: 'counter:c' });
    const second = (await get({ query: { limit: '2', cursor: first.nextCursor } })).body;
    expect(second.counters).toEqual({ c: 1 });
    expect(second.nextCursor).toBeUndefined();
  });

  it.each(['SCOPE', '!', 'counter:', 'zz', 'x'.repeat(2000)])(
    'refuses a page behind what no page ended with (%#)',
    async (cursor) => {
      await post([count]);
      expect(await get({ query: { cursor } })).toMatchObject({
        status: 400,
        body: { code: 'INVALID_FIELD', field: 'cursor' },
      });
    },
  );

  it('tells agents that have pulled it', async () => {
    const agent = await openSocket(world, principal('agent'));
    await agent.send(frameText('state.pull', { scope: 'team' }));
    await post([count]);
    expect(agent.received().at(-1)).toMatchObject({ type: 'state.delta', payload: { scope: 'team' } });
  });

  it.each([
    ['an unknown operation', { scope: 'team', ops: [{ op: 'multiply' }] }, 'INVALID_FIELD'],
    ['a number of a replica', { scope: 'team', ops: [{ ...count, n: 1 }] }, 'UNKNOWN_FIELD'],
    ['the platform’s own scope', { scope: 'muster.workload', ops: [count] }, 'FORBIDDEN'],
    ['no scope', { ops: [count] }, 'INVALID_FIELD'],
  ])('refuses %s, and changes nothing', async (_what, body, code) => {
    const before = snapshot(world);
    expect(await call(world, 'POST /v1/state', { body })).toMatchObject({ body: { code } });
    expect(snapshot(world)).toBe(before);
  });
});
