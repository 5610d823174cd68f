import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '#core/common/hash-id.ts';
import { TaskId } from '#core/contract/ids.ts';
import type { Json } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { ValueWrite, type ValueWriteInput, WriteStrategy } from '#core/contract/value.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { settleWrite } from '#core/values/settle-write.ts';
import { listVersions, readValue, writeValue } from '#core/values/write-value.ts';
import { createWorld, other, owner, stranger, tenant, type World } from '../world.ts';

let world: World;
let writes = 0;
const at = 1_767_225_600_000;

beforeEach(() => {
  world = createWorld();
});

const write = (asked: Partial<ValueWriteInput>, principal = owner) => {
  writes += 1;
  const full = ValueWrite.parse({ scope: 'team', name: 'plan', value: 1, baseVersion: 0, at, ...asked });
  return writeValue(world.services, { principal, idempotencyKey: `w-${writes}`, write: full });
};
const read = (principal = owner) => readValue(world.services, principal, { scope: 'team', name: 'plan' });
const chain = (strategies: WriteStrategy[], workflow?: string) =>
  writeSettings(world.services, tenant, {
    conflicts: {
      threshold: 0.7,
      autoResolve: true,
      chains: [{ scope: 'te*', strategies, ...(workflow === undefined ? {} : { workflow }) }],
    },
  });

describe('writeValue', () => {
  it('takes whoever has seen the newest version', async () => {
    expect(await write({ value: 'a' })).toMatchObject({ version: 1, value: 'a', by: 'key:owner' });
    expect(await write({ value: 'b', baseVersion: 1 }, other)).toMatchObject({
      version: 2,
      value: 'b',
      by: 'key:other',
    });
    expect((await read())?.resolution).toBeUndefined();
  });

  it('lets the last write win, and keeps a version of the conflict whoever wins', async () => {
    await write({ value: 'first' });
    expect(await write({ value: 'late', at: at + 5 }, other)).toMatchObject({
      version: 2,
      value: 'late',
      resolution: { strategy: 'last_write_wins', outcome: 'proposed', baseVersion: 0 },
    });
    expect(await write({ value: 'early', at: at - 5 }, other)).toMatchObject({
      version: 3,
      value: 'late',
      resolution: { outcome: 'current', proposed: { value: 'early', by: 'key:other' } },
    });
  });

  it('asks the next strategy where one cannot tell: priority for writes of one moment', async () => {
    await write({ value: 'usual' });
    expect(await write({ value: 'urgent', priority: 90 }, other)).toMatchObject({
      value: 'urgent',
      resolution: { strategy: 'highest_priority_wins' },
    });
  });

  it('merges what touches different fields, by what both had seen', async () => {
    await chain(['merge_compatible', 'last_write_wins']);
    await write({ value: { a: 1, b: { c: 1, d: 1 } } });
    await write({ value: { a: 2, b: { c: 1, d: 1 } }, baseVersion: 1 });
    expect(await write({ value: { a: 1, b: { c: 1, d: 3 }, e: 4 }, baseVersion: 1 }, other)).toMatchObject({
      value: { a: 2, b: { c: 1, d: 3 }, e: 4 },
      resolution: { strategy: 'merge_compatible', outcome: 'merged' },
    });
    expect(await write({ value: { a: 9, b: { c: 1, d: 1 } }, baseVersion: 1, at: at + 1 }, other)).toMatchObject({
      resolution: { strategy: 'last_write_wins', outcome: 'proposed' },
    });
  });

  it('has people decide at the end of the chain, and takes what they say', async () => {
    await chain(['manual']);
    await write({ value: 'one' });
    const waiting = await write({ value: 'other' }, other);
    expect(waiting).toMatchObject({ version: 2, value: 'one', resolution: { strategy: 'manual', outcome: 'pending' } });
    expect(await read()).toEqual(waiting);
    const escalationId = TaskId.parse(waiting.resolution?.escalationId);
    await answerApproval(world.services, owner, escalationId, { decision: 'proposed' });
    expect(await read()).toMatchObject({
      version: 3,
      value: 'other',
      by: 'key:other',
      resolution: { outcome: 'proposed', decidedBy: 'key:owner' },
    });
    expect((await read())?.version).toBe(3);
  });

  it('has agents vote where the scope names a workflow, and keeps what there was when they do not agree', async () => {
    await world.start({ mode: 'parallel', name: 'vote', tasks: [{ id: 'a', type: 'x' }] });
    await chain(['consensus_required'], 'vote');
    await write({ value: 'one' });
    const { resolution } = await write({ value: 'other' }, other);
    expect(resolution).toMatchObject({ strategy: 'consensus_required', outcome: 'pending', runId: expect.any(String) });
    const run = await world.run(resolution?.runId ?? '');
    expect(run.input).toMatchObject({ current: { value: 'one' }, proposed: { value: 'other' } });
  });

  it('has people decide where nobody may vote', async () => {
    await chain(['consensus_required']);
    await write({ value: 'one' });
    expect((await write({ value: 'other' }, other)).resolution).toMatchObject({ strategy: 'manual' });
  });

  it('finds its own version when it comes again', async () => {
    await write({ value: 'a' });
    const first = await write({ value: 'b', at: at + 1 }, other);
    expect(await write({ value: 'b', at: at + 1 }, other)).toEqual(first);
    expect(await write({ value: 'c', baseVersion: 2 })).toEqual(await write({ value: 'c', baseVersion: 2 }));
  });

  it('settles many writes of one moment one after the other, losing none', async () => {
    await Promise.all([...Array(6).keys()].map((index) => write({ value: index, at: at + index })));
    const { items } = await listVersions(world.services, owner, { scope: 'team', name: 'plan' }, { limit: 50 });
    expect(items.map(({ version }) => version)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(items[0]?.value).toBe(5);
  });

  it('does not let a merge undo who was later: what merges an earlier write is as late as the later of the two', async () => {
    await chain(['merge_compatible', 'last_write_wins']);
    await write({ value: { a: 0, b: 0 } });
    await write({ value: { a: 1, b: 0 }, baseVersion: 1, at: at + 100, priority: 70 });
    const merged = await write({ value: { a: 0, b: 1 }, baseVersion: 1, at: at + 10 }, other);
    expect(merged).toMatchObject({ value: { a: 1, b: 1 }, at: at + 100, priority: 70, by: 'key:other' });
    expect(await write({ value: { a: 2, b: 0 }, baseVersion: 1, at: at + 50 }, other)).toMatchObject({
      value: { a: 1, b: 1 },
      resolution: { strategy: 'last_write_wins', outcome: 'current' },
    });
  });

  it('merges nothing into a value larger than one may be', async () => {
    await chain(['merge_compatible', 'last_write_wins']);
    const half = 'x'.repeat(limits.valueBytes / 2);
    await write({ value: {} });
    await write({ value: { a: half }, baseVersion: 1 });
    expect(await write({ value: { b: half }, baseVersion: 1, at: at + 1 }, other)).toMatchObject({
      value: { b: half },
      resolution: { strategy: 'last_write_wins', outcome: 'proposed' },
    });
  });

  it('is the same version when the same write comes again, also where others have written since', async () => {
    const again = (version: Partial<ValueWriteInput>, idempotencyKey: string, principal = owner) =>
      writeValue(world.services, {
        principal,
        idempotencyKey,
        write: ValueWrite.parse({ scope: 'team', name: 'plan', baseVersion: 0, value: 'mine', ...version }),
      });
    const first = await again({}, 'once');
    world.advance(1000);
    const theirs = await again({ value: 'theirs', baseVersion: 1 }, 'other', other);
    world.advance(1000);
    expect(await again({}, 'once')).toEqual(first);
    expect(await read()).toEqual(theirs);
    // Another write that says the same is another write, and late.
    expect(await again({}, 'twice')).toMatchObject({ version: 3, value: 'mine', resolution: { outcome: 'proposed' } });
    world.advance(1000);
    expect(await again({ value: 'else' }, 'once')).toMatchObject({ version: 4, value: 'else' });
  });

  it('is the same write while it waits, and once it had its turn', async () => {
    await chain(['manual']);
    const again = (version: Partial<ValueWriteInput>, idempotencyKey: string) =>
      writeValue(world.services, {
        principal: other,
        idempotencyKey,
        write: ValueWrite.parse({ scope: 'team', name: 'plan', baseVersion: 0, value: 'mine', at, ...version }),
      });
    await write({});
    const asked = await again({}, 'first');
    const waiting = await again({ value: 'second' }, 'second');
    expect(await again({}, 'first')).toEqual(waiting);
    expect((await again({ value: 'second' }, 'second')).waiting).toHaveLength(1);
    await answerApproval(world.services, owner, TaskId.parse(asked.resolution?.escalationId), { decision: 'proposed' });
    await again({ value: 'third' }, 'third');
    const before = await read();
    expect(before?.resolution).toMatchObject({ outcome: 'pending', proposed: { value: 'second' } });
    await again({}, 'first');
    await again({ value: 'second' }, 'second');
    expect(await read()).toEqual(before);
  });

  it('shows the newest versions and no others, which expire', async () => {
    for (let version = 0; version < limits.keptVersions + 5; version++)
      await write({ value: version, baseVersion: version });
    const list = (limit: number, cursor?: string) =>
      listVersions(world.services, owner, { scope: 'team', name: 'plan' }, { limit, cursor });
    const { items, nextCursor } = await list(100);
    expect(nextCursor).toBeUndefined();
    const page = await list(limits.keptVersions);
    expect(await list(2, page.nextCursor)).toEqual({ items: [] });
    expect(items.map(({ version }) => version)).toEqual(
      Array.from({ length: limits.keptVersions }, (_, index) => limits.keptVersions + 5 - index),
    );
    const stored = world.ports.table.items().filter(({ pk }) => String(pk).includes('#VALUE#'));
    const expiring = stored.filter(({ expiresAtEpochSeconds }) => expiresAtEpochSeconds !== undefined);
    expect(expiring.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses a version that is not there, and shows nothing to another tenant', async () => {
    await expect(write({ baseVersion: 3 })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      field: 'baseVersion',
      limit: 0,
    });
    await write({});
    expect(await read(stranger)).toBeUndefined();
    await expect(write({ at: at * 2 })).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'at' });
  });
});

const objects: fc.Arbitrary<Record<string, Json>> = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.constantFrom(1, 2, 3),
  {
    noNullPrototype: true,
  },
);
const side = (value: Json, atMs = 1, priority = 50) => ({ value, by: 'x', at: atMs, priority });

describe('settleWrite', () => {
  it('merges alike whichever write came first', () => {
    fc.assert(
      fc.property(objects, objects, objects, (base, one, other_) => {
        const merge = (current: Json, proposed: Json) =>
          settleWrite(['merge_compatible'], { current: side(current), proposed: side(proposed), base }, false);
        const [a, b] = [merge(one, other_), merge(other_, one)];
        expect(a.outcome).toBe(b.outcome);
        if (a.outcome !== 'merged' || b.outcome !== 'merged') return;
        expect(canonicalJson(a.value)).toBe(canonicalJson(b.value));
        expect(canonicalJson(merge(one, base))).toBe(canonicalJson({ ...a, value: one }));
      }),
    );
  });

  it('always ends with a value or somebody to ask', () => {
    const chains = fc.uniqueArray(fc.constantFrom(...WriteStrategy.options), { minLength: 1 });
    const times = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(chains, objects, objects, times, times, times, times, (strategies, one, two, t1, t2, p1, p2) => {
        const conflict = { current: side(one, t1, p1), proposed: side(two, t2, p2), base: {} };
        const verdict = settleWrite(strategies, conflict, false);
        expect(verdict.outcome === 'ask' ? verdict.strategy === 'manual' : strategies.includes(verdict.strategy)).toBe(
          true,
        );
      }),
    );
  });
});
