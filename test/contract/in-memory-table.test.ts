import { describe, expect, it } from 'vitest';
import { plus, set } from '#core/table/conditions.ts';
import { createInMemoryTable, type TableHooks } from '../support/in-memory-table.ts';

const key = { pk: 'p', sk: 's' };
const count = { key, set: [plus('n', 1, 0)], clauses: {} };

describe('createInMemoryTable', () => {
  it('copies in and out', async () => {
    const table = createInMemoryTable();
    const item = { list: [1] };
    await table.put({ key, item, clauses: {} });
    item.list.push(2);
    const read = await table.get(key);
    Object.assign(read?.['list'] ?? {}, { 1: 3 });
    expect(read).toEqual({ ...key, list: [1, 3] });
    expect(await table.get(key)).toEqual({ ...key, list: [1] });
  });

  it('refuses what no JSON can hold', async () => {
    const table = createInMemoryTable();
    for (const value of [new Date(0), new Map(), 1n, Number.NaN, Infinity, 2 ** 60, () => 1]) {
      await expect(table.put({ key, item: { value }, clauses: {} })).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
    expect(table.items()).toEqual([]);
  });

  it('creates nothing for an update that only removes, as DynamoDB does', async () => {
    const table = createInMemoryTable();
    const written = await table.update({ key, set: [], remove: [['a'], ['b', 'c']], clauses: {} });
    expect(written).toEqual({ won: true, item: key });
    expect(table.items()).toEqual([]);
  });

  it('refuses to remove below an absent map, as DynamoDB does', async () => {
    const table = createInMemoryTable();
    await table.put({ key, item: {}, clauses: {} });
    await expect(table.update({ key, set: [], remove: [['b', 'c']], clauses: {} })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('refuses to set below null, as DynamoDB does', async () => {
    const table = createInMemoryTable();
    await table.put({ key, item: { map: null }, clauses: {} });
    await expect(table.update({ key, set: [set(['map', 'a'], 1)], clauses: {} })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it.each([{ listKey: 'x'.repeat(2049) }, { sweepSort: 'x'.repeat(1025) }])(
    'refuses an index key that is too long, as DynamoDB does',
    async (item) => {
      const table = createInMemoryTable();
      await expect(table.put({ key, item, clauses: {} })).rejects.toMatchObject({ name: 'ValidationException' });
    },
  );

  it('loses the request before and the answer after', async () => {
    const hooks: TableHooks = {};
    const table = createInMemoryTable(hooks);
    const crash = (): never => {
      throw new Error('crashed');
    };
    hooks.before = crash;
    await expect(table.update(count)).rejects.toThrow('crashed');
    expect(table.items()).toEqual([]);
    delete hooks.before;
    hooks.after = crash;
    await expect(table.update(count)).rejects.toThrow('crashed');
    expect(table.items()).toEqual([{ ...key, n: 1 }]);
  });

  it('tells hooks what is called', async () => {
    const calls: string[] = [];
    const table = createInMemoryTable({ before: (operation) => void calls.push(operation.name) });
    await table.update(count);
    await table.get(key);
    await table.getMany([key]);
    await table.query({ partition: 'p', limit: 1 });
    await table.remove({ key, clauses: {} });
    await table.put({ key, item: {}, clauses: {} });
    expect(calls).toEqual(['update', 'get', 'getMany', 'query', 'remove', 'put']);
  });

  it('lags in eventually consistent reads alone', async () => {
    const table = createInMemoryTable({ lag: () => 1 });
    await table.update(count);
    await table.update({ ...count, set: [plus('n', 1), set('listKey', 'L'), set('listSort', 'x')] });
    expect((await table.get(key))?.['n']).toBe(1);
    expect((await table.get(key, { consistent: true }))?.['n']).toBe(2);
    expect((await table.query({ partition: 'p', limit: 1 })).items[0]?.['n']).toBe(1);
    expect((await table.query({ partition: 'p', limit: 1, consistent: true })).items[0]?.['n']).toBe(2);
    expect((await table.query({ index: 'list', partition: 'L', limit: 1 })).items).toEqual([]);
    await table.remove({ key, clauses: {} });
    expect((await table.query({ index: 'list', partition: 'L', limit: 1 })).items).toHaveLength(1);
  });

  it('is replaced by what it loads', async () => {
    const table = createInMemoryTable();
    await table.update(count);
    table.load([{ pk: 'q', sk: 's', n: 7 }]);
    expect(table.items()).toEqual([{ pk: 'q', sk: 's', n: 7 }]);
  });
});
