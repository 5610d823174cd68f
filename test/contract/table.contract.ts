import { beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '#core/contract/keys.ts';
import { InvalidCursorError } from '#core/errors/errors.ts';
import {
  absent,
  all,
  any,
  atLeast,
  atMost,
  equal,
  notEqual,
  oneOf,
  plus,
  present,
  set,
  setDefault,
} from '#core/table/conditions.ts';
import type { Clauses, Condition, Item, Query, Table, Update } from '#core/table/table.ts';

const invalid = { name: 'ValidationException' };

/** What every table does. Each test works in partitions of its own. */
export const tableContract = (name: string, openTable: () => Table): void => {
  let table: Table;
  let testNumber = 0;
  let key: Key;

  const keyOf = (sk: string): Key => ({ pk: key.pk, sk });
  const put = async (at: Key, item: Item, clauses: Clauses = {}) => table.put({ key: at, item, clauses });
  const update = async (change: Partial<Update>) => table.update({ key, set: [], clauses: {}, ...change });
  const stored = async (at: Key = key) => table.get(at, { consistent: true });

  beforeEach(() => {
    table = openTable();
    testNumber += 1;
    key = { pk: `${name}#${testNumber}`, sk: 'A' };
  });

  describe(`table (${name})`, () => {
    describe('get and getMany', () => {
      it('gives back what was put, without what is undefined', async () => {
        const item = { text: '', zero: 0, no: false, nothing: null, gone: undefined, map: { a: { b: [1, 'x', {}] } } };
        const written = await put(key, item);
        const { gone: _, ...kept } = item;
        expect(written).toEqual({ won: true, item: { ...kept, ...key } });
        expect(await stored()).toStrictEqual({ ...kept, ...key });
      });

      it('knows nothing of an item that is absent', async () => {
        expect(await stored()).toBeUndefined();
      });

      it('finds those of many that are there, each once', async () => {
        await put(keyOf('A'), { n: 1 });
        await put(keyOf('B'), { n: 2 });
        const found = await table.getMany([keyOf('A'), keyOf('B'), keyOf('C'), keyOf('A')], { consistent: true });
        expect(found.toSorted((left, right) => Number(left['n']) - Number(right['n']))).toEqual([
          { ...keyOf('A'), n: 1 },
          { ...keyOf('B'), n: 2 },
        ]);
        expect(await table.getMany([])).toEqual([]);
      });

      it('puts and removes many, whatever was there', async () => {
        await put(keyOf('A'), { n: 1, old: true });
        await put(keyOf('B'), { n: 2 });
        const writes = [
          { put: { key: keyOf('A'), item: { n: 3, gone: undefined } } },
          { remove: keyOf('B') },
          { remove: keyOf('never') },
          { put: { key: keyOf('C'), item: { n: 4 } } },
        ];
        await table.writeMany(writes);
        await table.writeMany([]);
        expect(await stored(keyOf('A'))).toStrictEqual({ n: 3, ...keyOf('A') });
        expect(await stored(keyOf('B'))).toBeUndefined();
        expect(await stored(keyOf('C'))).toStrictEqual({ n: 4, ...keyOf('C') });
      });

      it('refuses more than 25 writes at once, and two of one item', async () => {
        const removals = (count: number) =>
          Array.from({ length: count }, (_, index) => ({ remove: keyOf(`k${index}`) }));
        await expect(table.writeMany(removals(26))).rejects.toThrow(RangeError);
        await expect(table.writeMany([...removals(1), ...removals(1)])).rejects.toMatchObject(invalid);
      });

      it('refuses more than 100 keys', async () => {
        const keys = Array.from({ length: 101 }, (_, index) => keyOf(String(index)));
        await expect(table.getMany(keys)).rejects.toThrow(RangeError);
      });

      it('refuses an empty key', async () => {
        await expect(table.get({ pk: '', sk: 'A' })).rejects.toMatchObject(invalid);
      });
    });

    describe('conditions', () => {
      const item = { n: 5, text: 'b', yes: true, map: { inner: { n: 1 }, 'a.b-c d#': 'odd' }, empty: {} };
      const cases: readonly (readonly [string, Condition, boolean])[] = [
        ['present', present('n'), true],
        ['present nested', present(['map', 'inner', 'n']), true],
        ['present under an absent map', present(['none', 'n']), false],
        ['present under a number', present(['n', 'n']), false],
        ['absent', absent('none'), true],
        ['absent of a present one', absent('n'), false],
        ['absent under an absent map', absent(['none', 'n']), true],
        ['equal', equal('n', 5), true],
        ['equal of another type', equal('n', '5'), false],
        ['equal boolean', equal('yes', true), true],
        ['equal of an absent one', equal('none', 5), false],
        ['equal of a name with dots and spaces', equal(['map', 'a.b-c d#'], 'odd'), true],
        ['notEqual', notEqual('n', 6), true],
        ['notEqual of the same', notEqual('n', 5), false],
        ['notEqual of another type', notEqual('n', '5'), true],
        ['notEqual of an absent one', notEqual('none', 5), false],
        ['atLeast the same', atLeast('n', 5), true],
        ['atLeast more', atLeast('n', 6), false],
        ['atLeast of text', atLeast('text', 0), false],
        ['atLeast of an absent one', atLeast('none', 0), false],
        ['atMost the same', atMost('n', 5), true],
        ['atMost less', atMost('n', 4), false],
        ['atMost of an absent one', atMost('none', 9), false],
        ['oneOf', oneOf('text', ['a', 'b']), true],
        ['oneOf others', oneOf('text', ['a', 'c']), false],
        ['oneOf of an absent one', oneOf('none', ['a']), false],
        ['any', any(equal('n', 1), equal('text', 'b')), true],
        ['any of none that hold', any(equal('n', 1), equal('text', 'c')), false],
        ['all', all(equal('n', 5), any(absent('none'), present('no'))), true],
        ['all but one', all(equal('n', 5), equal('text', 'c')), false],
      ];
      it.each(cases)('%s', async (_, condition, isHeld) => {
        await put(key, item);
        const written = await update({ set: [set('done', true)], clauses: { condition } });
        expect(written).toEqual({ won: isHeld, item: { ...item, ...key, ...(isHeld && { done: true }) } });
        expect(await stored()).toEqual(written.item);
      });

      it('needs every clause', async () => {
        await put(key, { a: 1, b: 1 });
        const written = await put(key, {}, { first: equal('a', 1), second: equal('b', 2) });
        expect(written).toEqual({ won: false, item: { ...key, a: 1, b: 1 } });
      });

      it('refuses conditions without parts', async () => {
        for (const condition of [any(), all(), oneOf('n', [])]) {
          await expect(update({ clauses: { condition } })).rejects.toMatchObject(invalid);
        }
      });
    });

    describe('put', () => {
      it('replaces the whole item', async () => {
        await put(key, { a: 1, b: 2 });
        await put(key, { a: 3 });
        expect(await stored()).toEqual({ ...key, a: 3 });
      });

      it('loses to an item that is there', async () => {
        await put(key, { a: 1 });
        const written = await put(key, { a: 2 }, { isNew: absent('pk') });
        expect(written).toEqual({ won: false, item: { ...key, a: 1 } });
      });

      it('loses to nothing when it needs an item', async () => {
        expect(await put(key, { a: 2 }, { isThere: present('pk') })).toEqual({ won: false, item: undefined });
        expect(await stored()).toBeUndefined();
      });
    });

    describe('limits', () => {
      const large = 'x'.repeat(399 * 1024);

      it('takes an item of nearly 400 KB and refuses a larger one', async () => {
        expect((await put(key, { large })).won).toBe(true);
        await expect(put(key, { large: `${large}${'x'.repeat(1024)}` })).rejects.toMatchObject(invalid);
        await expect(update({ set: [set('more', 'x'.repeat(1024))] })).rejects.toMatchObject(invalid);
        expect(await stored()).toEqual({ ...key, large });
      });

      it.each([
        [2048, 1024, true],
        [2049, 1024, false],
        [2048, 1025, false],
      ])('takes keys of %i and %i bytes: %s', async (partitionBytes, sortBytes, isTaken) => {
        const long = { pk: key.pk.padEnd(partitionBytes, 'p'), sk: 's'.repeat(sortBytes) };
        const putting = put(long, {}).then(
          () => true,
          (error: Error) => error.name !== 'ValidationException',
        );
        expect(await putting).toBe(isTaken);
      });

      it('refuses an index key that is null', async () => {
        await expect(put(key, { listKey: null })).rejects.toMatchObject(invalid);
      });
    });

    describe('update', () => {
      it('creates an item that is absent', async () => {
        const written = await update({ set: [set('a', 1), plus('n', 2, 0), setDefault('d', {})] });
        expect(written).toEqual({ won: true, item: { ...key, a: 1, n: 2, d: {} } });
        expect(await stored()).toEqual(written.item);
      });

      it('creates an item without changes', async () => {
        expect(await update({})).toEqual({ won: true, item: key });
        expect(await stored()).toEqual(key);
      });

      it('shows a lost update the item', async () => {
        await put(key, { a: 1 });
        expect(await update({ clauses: { isTwo: equal('a', 2) } })).toEqual({ won: false, item: { ...key, a: 1 } });
      });

      it('changes nested attributes and leaves the rest', async () => {
        await put(key, { map: { 'tsk.1': { claim: 'a' }, other: 1 }, keep: [1, 2] });
        const written = await update({
          set: [set(['map', 'tsk.1', 'claim'], 'b'), set(['map', 'new'], { x: [] })],
          remove: [['map', 'other']],
        });
        expect(written.item).toEqual({ ...key, map: { 'tsk.1': { claim: 'b' }, new: { x: [] } }, keep: [1, 2] });
      });

      it('works every value out from the old item', async () => {
        await put(key, { a: 1, b: 10 });
        const written = await update({ set: [plus('a', 5), plus('b', -3), setDefault('c', 7), setDefault('a2', 1)] });
        expect(written.item).toEqual({ ...key, a: 6, b: 7, c: 7, a2: 1 });
      });

      it('keeps a value that has a default', async () => {
        await put(key, { a: null, b: 'x' });
        const written = await update({ set: [setDefault('a', 1), setDefault('b', 'y')] });
        expect(written.item).toEqual({ ...key, a: null, b: 'x' });
      });

      it('counts from the given number only when absent', async () => {
        await put(key, { n: 5 });
        const written = await update({ set: [plus('n', 1, 100), plus('m', 1, 100)] });
        expect(written.item).toEqual({ ...key, n: 6, m: 101 });
      });

      it('adds decimals as written', async () => {
        const written = await update({ set: [plus('n', 0.2, 0.1)] });
        expect(written.item).toEqual({ ...key, n: 0.3 });
      });

      it('removes what is not there without complaint', async () => {
        await put(key, { map: {} });
        expect((await update({ remove: [['none'], ['map', 'none']] })).item).toEqual({ ...key, map: {} });
      });

      const faults: readonly (readonly [string, Partial<Update>])[] = [
        ['a path whose map is absent', { set: [set(['none', 'a'], 1)] }],
        ['a default below an absent map', { set: [setDefault(['none', 'a'], 1)] }],
        ['a path through a number', { set: [set(['n', 'a'], 1)] }],
        ['adding to an absent number', { set: [plus('none', 1)] }],
        ['adding to text', { set: [plus('text', 1, 0)] }],
        ['adding to null', { set: [plus('nothing', 1, 0)] }],
        ['two changes of one attribute', { set: [set('n', 1), plus('n', 1)] }],
        ['a change of a map and of what is in it', { set: [set('map', {})], remove: [['map', 'a']] }],
        ['a change of the key', { set: [set('pk', 'other')] }],
        ['an index key that is no text', { set: [set('listKey', 5)] }],
        ['an empty index key', { set: [set('sweepSort', '')] }],
        ['a change to undefined', { set: [set('a', undefined)] }],
      ];
      it.each(faults)('refuses %s and changes nothing', async (_, change) => {
        const before = { ...key, n: 1, text: 'x', nothing: null, map: {} };
        await put(key, before);
        await expect(update(change)).rejects.toMatchObject(invalid);
        expect(await stored()).toEqual(before);
      });

      it('loses before it looks at what it would change', async () => {
        await put(key, { n: 1 });
        const written = await update({ set: [set(['none', 'a'], 1)], clauses: { isTwo: equal('n', 2) } });
        expect(written.won).toBe(false);
      });

      it('lets exactly one of many concurrent claims win', async () => {
        await put(key, { free: 3 });
        const claims = Array.from({ length: 12 }, async () =>
          update({ set: [plus('free', -1)], clauses: { hasRoom: atLeast('free', 1) } }),
        );
        const won = (await Promise.all(claims)).filter((written) => written.won);
        expect(new Set(won.map((written) => written.item?.['free']))).toEqual(new Set([0, 1, 2]));
        expect(won).toHaveLength(3);
        expect(await stored()).toEqual({ ...key, free: 0 });
      });
    });

    describe('remove', () => {
      it('shows what it removed', async () => {
        await put(key, { a: 1 });
        expect(await table.remove({ key, clauses: { isOne: equal('a', 1) } })).toEqual({
          won: true,
          item: { ...key, a: 1 },
        });
        expect(await stored()).toBeUndefined();
      });

      it('loses to an item that is not as it must be', async () => {
        await put(key, { a: 1 });
        const written = await table.remove({ key, clauses: { isTwo: equal('a', 2) } });
        expect(written).toEqual({ won: false, item: { ...key, a: 1 } });
      });

      it('wins over nothing', async () => {
        expect((await table.remove({ key, clauses: {} })).won).toBe(true);
        expect(await table.remove({ key, clauses: { isThere: present('pk') } })).toEqual({
          won: false,
          item: undefined,
        });
      });
    });

    describe('query', () => {
      const sorts = ['A#1', 'A#2', 'A#3', 'B#1', 'B#2', 'Ü', '\u{ffff}', '\u{1f600}'];
      const read = async (query: Partial<Query>) =>
        table.query({ partition: key.pk, limit: 100, consistent: query.index === undefined, ...query });
      const sortsOf = async (query: Partial<Query>, name = 'sk') => (await read(query)).items.map((item) => item[name]);

      const fill = async (): Promise<void> => {
        await Promise.all(sorts.map(async (sk) => put(keyOf(sk), { value: 1 })));
      };

      it('orders by the bytes of the sort key', async () => {
        await fill();
        expect(await sortsOf({})).toEqual(sorts);
        expect(await sortsOf({ descending: true })).toEqual(sorts.toReversed());
      });

      it('takes a prefix, a lower or an upper bound', async () => {
        await fill();
        expect(await sortsOf({ prefix: 'A#' })).toEqual(['A#1', 'A#2', 'A#3']);
        expect(await sortsOf({ from: 'B#1' })).toEqual(sorts.slice(3));
        expect(await sortsOf({ upTo: 'B#1' })).toEqual(sorts.slice(0, 4));
      });

      it.each([{ prefix: '' }, { from: '' }, { prefix: 'A', from: 'A' }, { limit: 0 }, { partition: '' }])(
        'refuses %o',
        async (query) => {
          await expect(read(query)).rejects.toMatchObject(invalid);
        },
      );

      it('refuses a consistent read of an index', async () => {
        await expect(read({ index: 'list', consistent: true })).rejects.toMatchObject(invalid);
      });

      it.each([1, 2, 3, 7, 8, 9])('pages by %i in both directions', async (limit) => {
        await fill();
        for (const descending of [false, true]) {
          const seen: unknown[] = [];
          let page = await read({ limit, descending });
          seen.push(...page.items.map((item) => item['sk']));
          while (page.cursor !== undefined) {
            page = await read({ limit, descending, cursor: page.cursor });
            expect(page.items.length).toBeLessThanOrEqual(limit);
            seen.push(...page.items.map((item) => item['sk']));
          }
          expect(seen).toEqual(descending ? sorts.toReversed() : sorts);
        }
      });

      it('goes on where a page ended though its last item is gone', async () => {
        await fill();
        const page = await read({ limit: 2 });
        await table.remove({ key: keyOf('A#2'), clauses: {} });
        expect(await sortsOf({ cursor: page.cursor ?? '' })).toEqual(sorts.slice(2));
      });

      it('reads an index: keys only, of items that have them', async () => {
        const index = { listKey: `${key.pk}#L`, secret: 'not projected' };
        await put(keyOf('1'), { ...index, listSort: 'b' });
        await put(keyOf('2'), { ...index, listSort: 'a' });
        await put(keyOf('3'), index);
        await put(keyOf('4'), { listKey: `${key.pk}#other`, listSort: 'a' });
        const page = await read({ index: 'list', partition: `${key.pk}#L` });
        expect(page.items).toEqual([
          { ...keyOf('2'), listKey: `${key.pk}#L`, listSort: 'a' },
          { ...keyOf('1'), listKey: `${key.pk}#L`, listSort: 'b' },
        ]);
        await update({ key: keyOf('2'), remove: [['listKey'], ['listSort']] });
        expect(await sortsOf({ index: 'list', partition: `${key.pk}#L` }, 'listSort')).toEqual(['b']);
      });

      it.each(['backlog', 'sweep', 'list'] as const)('pages through equal sort keys of %s', async (index) => {
        const partition = `${key.pk}#${index}`;
        const names = ['1', '2', '3', '4', '5'];
        for (const sk of names) {
          await put(keyOf(sk), { [`${index}Key`]: partition, [`${index}Sort`]: 'same' });
        }
        const seen: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = await read({ index, partition, limit: 2, ...(cursor !== undefined && { cursor }) });
          seen.push(...page.items.map((item) => item['sk']));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toHaveLength(names.length);
        expect(new Set(seen)).toEqual(new Set(names));
      });

      it('refuses a cursor that is malformed or of another query', async () => {
        await fill();
        const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const { cursor = '' } = await read({ limit: 1, prefix: 'A#' });
        const refused: readonly Partial<Query>[] = [
          { cursor: '' },
          { cursor: 'no base64 !' },
          { cursor: encode(null) },
          { cursor: encode({ pk: key.pk }) },
          { cursor: encode({ pk: key.pk, sk: 1 }) },
          { cursor: encode({ pk: key.pk, sk: '' }) },
          { cursor: encode({ pk: 'foreign', sk: 'A' }) },
          { cursor: encode({ pk: key.pk, sk: 'A', more: 'x' }) },
          { cursor, prefix: 'B#' },
          { cursor, from: 'B#1' },
          { cursor, partition: `${key.pk}#other` },
          { cursor, index: 'list' },
        ];
        for (const query of refused) {
          const reading = read(query);
          await expect(reading).rejects.toThrow(InvalidCursorError);
          await expect(reading).rejects.toMatchObject({ field: 'cursor' });
        }
      });
    });
  });
};
