import { decodeCursor, encodeCursor, queriedKeys } from '#adapters/dynamodb/cursors.ts';
import { indexes, tableKeys } from '#core/contract/env.ts';
import { isDeeperThan } from '#core/contract/json.ts';
import type { Key } from '#core/contract/keys.ts';
import type { BatchedWrite, Item, Page, Put, Query, Remove, Table, Update, Written } from '#core/table/table.ts';
import { allHold, applyUpdate, checkClauses, checkUpdate } from './evaluate.ts';
import { TableValidationError, toPlainItem } from './item-paths.ts';
import { itemBytes, tableLimits } from './item-size.ts';

/** One call of the table, as a simulator sees it. */
export type TableOperation =
  | { readonly name: 'get'; readonly key: Key; readonly consistent: boolean }
  | { readonly name: 'getMany'; readonly keys: readonly Key[]; readonly consistent: boolean }
  | { readonly name: 'put'; readonly key: Key; readonly request: Put }
  | { readonly name: 'update'; readonly key: Key; readonly request: Update }
  | { readonly name: 'remove'; readonly key: Key; readonly request: Remove }
  | { readonly name: 'writeMany'; readonly keys: readonly Key[]; readonly writes: readonly BatchedWrite[] }
  | { readonly name: 'query'; readonly request: Query; readonly consistent: boolean };

/** Faults. Each is looked up at every call, so a test may exchange them on the object that it passed in. */
export interface TableHooks {
  /** Throwing here loses the request: nothing has happened. */
  before?: (operation: TableOperation) => void | Promise<void>;
  /** Throwing here loses the answer: the write took place. */
  after?: (operation: TableOperation) => void | Promise<void>;
  /** How many writes of the table an index or eventually consistent read is behind. None when absent. */
  lag?: (operation: TableOperation) => number;
}

export interface InMemoryTable extends Table {
  /** Everything stored, in key order. */
  items(): readonly Item[];
  /** Replaces everything stored, history included. */
  load(items: readonly Item[]): void;
}

interface Version {
  readonly sequence: number;
  readonly item: Item | undefined;
}

/** Versions kept of each item for lagging reads; a read further behind sees the oldest kept. */
const keptVersions = 16;

const keyText = (key: Key): string => JSON.stringify([key.pk, key.sk]);

const surrogate = /[\ud800-\udfff]/;

/** By their bytes in UTF-8. Without surrogates that is the order of their UTF-16 units, which costs no copy. */
const compareText = (left: unknown, right: unknown): number => {
  const [one, other] = [String(left), String(right)];
  if (one === other) return 0;
  if (surrogate.test(one) || surrogate.test(other)) return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one < other ? -1 : 1;
};

const checkKeyPart = (name: string, value: unknown, maximumBytes: number): void => {
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > maximumBytes) {
    throw new TableValidationError(`The key attribute ${name} must be a text of 1 to ${maximumBytes} bytes`);
  }
};

const checkKey = (key: Key): void => {
  checkKeyPart(tableKeys.partitionKey, key.pk, tableLimits.partitionKeyBytes);
  checkKeyPart(tableKeys.sortKey, key.sk, tableLimits.sortKeyBytes);
};

const checkItem = (item: Item): void => {
  for (const { partitionKey, sortKey } of Object.values(indexes)) {
    checkKeyPart(partitionKey, partitionKey in item ? item[partitionKey] : 'absent', tableLimits.partitionKeyBytes);
    checkKeyPart(sortKey, sortKey in item ? item[sortKey] : 'absent', tableLimits.sortKeyBytes);
  }
  if (itemBytes(item) > tableLimits.itemBytes) {
    throw new TableValidationError('Item size has exceeded the maximum allowed size');
  }
  // The item itself is not counted.
  if (isDeeperThan(item, tableLimits.levels + 1)) {
    throw new TableValidationError('Nesting Levels have exceeded supported limits');
  }
};

/** One item, as it was and is. */
interface Cell {
  versions: readonly Version[];
}

type IndexName = keyof typeof indexes;

class Store {
  private readonly partitions = new Map<string, Map<string, Cell>>();
  /** The cells that were ever in a partition of an index: few of all that there are. */
  private readonly indexed = new Map<string, Set<Cell>>();
  private sequence = 0;

  read(key: Key, lag: number): Item | undefined {
    return this.seen(this.partitions.get(key.pk)?.get(keyText(key))?.versions ?? [], lag);
  }

  write(key: Key, item: Item | undefined): void {
    this.sequence += 1;
    const partition = this.partitions.get(key.pk) ?? new Map<string, Cell>();
    this.partitions.set(key.pk, partition);
    const cell = partition.get(keyText(key)) ?? { versions: [{ sequence: 0, item: undefined }] };
    partition.set(keyText(key), cell);
    cell.versions = [...cell.versions, { sequence: this.sequence, item }].slice(-keptVersions);
    for (const [index, { partitionKey }] of Object.entries(indexes)) {
      const value = item?.[partitionKey];
      if (typeof value === 'string') this.cellsOf(index, value).add(cell);
    }
  }

  partition(pk: string, lag: number): readonly Item[] {
    return this.seenOf(this.partitions.get(pk)?.values() ?? [], lag);
  }

  /** At least what is in a partition of an index. */
  indexPartition(index: IndexName, value: string, lag: number): readonly Item[] {
    return this.seenOf(this.cellsOf(index, value), lag);
  }

  all(): readonly Item[] {
    return [...this.partitions.values()].flatMap((partition) => this.seenOf(partition.values(), 0));
  }

  clear(): void {
    this.partitions.clear();
    this.indexed.clear();
    this.sequence = 0;
  }

  private cellsOf(index: string, value: string): Set<Cell> {
    const name = JSON.stringify([index, value]);
    const cells = this.indexed.get(name) ?? new Set();
    this.indexed.set(name, cells);
    return cells;
  }

  private seenOf(cells: Iterable<Cell>, lag: number): readonly Item[] {
    return [...cells].map(({ versions }) => this.seen(versions, lag)).filter((item) => item !== undefined);
  }

  private seen(versions: readonly Version[], lag: number): Item | undefined {
    const asOf = this.sequence - lag;
    return (versions.findLast((version) => version.sequence <= asOf) ?? versions[0])?.item;
  }
}

const isMatch = (query: Query, item: Item): boolean => {
  const { partitionKey, sortKey } = queriedKeys(query);
  const sort = item[sortKey];
  return (
    item[partitionKey] === query.partition &&
    typeof sort === 'string' &&
    (query.prefix === undefined || sort.startsWith(query.prefix)) &&
    (query.from === undefined || compareText(sort, query.from) >= 0) &&
    (query.upTo === undefined || compareText(sort, query.upTo) <= 0)
  );
};

const checkQuery = (query: Query): void => {
  const bounds = [query.prefix, query.from, query.upTo].filter((bound) => bound !== undefined);
  if (bounds.length > 1 || bounds.includes('') || query.partition === '') {
    throw new TableValidationError('A query takes a partition and at most one bound, none of them empty');
  }
  if (!Number.isInteger(query.limit) || query.limit < 1) {
    throw new TableValidationError(`Limit must be at least 1, not ${query.limit}`);
  }
  if (query.consistent === true && query.index !== undefined) {
    throw new TableValidationError('Consistent reads are not supported on global secondary indexes');
  }
};

const pick = (item: Item, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, String(item[name])]));

/** A page of what a query sees. As in DynamoDB a full page has a cursor even when nothing follows it. */
const pageOf = (query: Query, seen: readonly Item[]): Page => {
  const { partitionKey, sortKey } = queriedKeys(query);
  const order = [sortKey, tableKeys.partitionKey, tableKeys.sortKey];
  const direction = query.descending === true ? -1 : 1;
  const compare = (left: Item, right: Item): number =>
    direction * (order.map((name) => compareText(left[name], right[name])).find((sign) => sign !== 0) ?? 0);
  const after = query.cursor === undefined ? undefined : decodeCursor(query, query.cursor);
  const matches = seen
    .filter((item) => isMatch(query, item) && (after === undefined || compare(item, after) > 0))
    .toSorted(compare)
    .slice(0, query.limit);
  const keyNames = [...new Set([tableKeys.partitionKey, tableKeys.sortKey, partitionKey, sortKey])];
  const items = matches.map((item) => (query.index === undefined ? toPlainItem(item) : pick(item, keyNames)));
  const last = matches.at(-1);
  return last === undefined || matches.length < query.limit
    ? { items }
    : { items, cursor: encodeCursor(pick(last, keyNames)) };
};

const writeItem = (
  store: Store,
  request: Put | Update | Remove,
  change: (old: Item | undefined) => Item | undefined,
): Written => {
  checkKey(request.key);
  checkClauses(request.clauses);
  const old = store.read(request.key, 0);
  if (!allHold(request.clauses, old)) {
    return { won: false, item: old && toPlainItem(old) };
  }
  const next = change(old);
  checkItem(next ?? {});
  if (next !== undefined || old !== undefined) {
    store.write(request.key, next);
  }
  return { won: true, item: toPlainItem(next ?? old ?? { ...request.key }) };
};

const getMany = (store: Store, keys: readonly Key[], lag: number): readonly Item[] => {
  keys.forEach(checkKey);
  const distinct = [...new Map(keys.map((key) => [keyText(key), key])).values()];
  return distinct.flatMap((key) => {
    const item = store.read(key, lag);
    return item === undefined ? [] : [toPlainItem(item)];
  });
};

const get = (store: Store, key: Key, lag: number): Item | undefined => {
  checkKey(key);
  const item = store.read(key, lag);
  return item && toPlainItem(item);
};

const put = (store: Store, request: Put): Written => {
  const item = toPlainItem({ ...request.item, pk: request.key.pk, sk: request.key.sk });
  return writeItem(store, request, () => item);
};

const update = (store: Store, request: Update): Written => {
  checkUpdate(request);
  return writeItem(store, request, (old) => applyUpdate(request, old));
};

const keyOfWrite = (write: BatchedWrite): Key => ('put' in write ? write.put.key : write.remove);

const writeMany = (store: Store, writes: readonly BatchedWrite[]): void => {
  if (new Set(writes.map(keyOfWrite).map(keyText)).size < writes.length) {
    throw new TableValidationError('Provided list of item keys contains duplicates');
  }
  for (const write of writes) {
    if ('put' in write) put(store, { ...write.put, clauses: {} });
    else writeItem(store, { key: write.remove, clauses: {} }, () => undefined);
  }
};

const query = (store: Store, request: Query, lag: number): Page => {
  checkQuery(request);
  const { index, partition } = request;
  return pageOf(
    request,
    index === undefined ? store.partition(partition, lag) : store.indexPartition(index, partition, lag),
  );
};

const isLaggable = (operation: TableOperation): boolean => 'consistent' in operation && !operation.consistent;

/**
 * The table in memory, with the semantics of DynamoDB. Strongly consistent and without faults unless the hooks say
 * otherwise. Everything is copied on the way in and out.
 */
export const createInMemoryTable = (hooks: TableHooks = {}): InMemoryTable => {
  const store = new Store();
  const run = async <Result>(operation: TableOperation, effect: (lag: number) => Result): Promise<Result> => {
    await hooks.before?.(operation);
    const result = effect(isLaggable(operation) ? (hooks.lag?.(operation) ?? 0) : 0);
    await hooks.after?.(operation);
    return result;
  };
  return {
    get: async (key, options) =>
      run({ name: 'get', key, consistent: options?.consistent === true }, (lag) => get(store, key, lag)),
    getMany: async (keys, options) => {
      if (keys.length > 100) {
        throw new RangeError(`getMany takes at most 100 keys, not ${keys.length}`);
      }
      return run({ name: 'getMany', keys, consistent: options?.consistent === true }, (lag) =>
        getMany(store, keys, lag),
      );
    },
    put: async (request) => run({ name: 'put', key: request.key, request }, () => put(store, request)),
    update: async (request) => run({ name: 'update', key: request.key, request }, () => update(store, request)),
    remove: async (request) =>
      run({ name: 'remove', key: request.key, request }, () => writeItem(store, request, () => undefined)),
    writeMany: async (writes) => {
      if (writes.length > 25) {
        throw new RangeError(`writeMany takes at most 25 writes, not ${writes.length}`);
      }
      return run({ name: 'writeMany', keys: writes.map(keyOfWrite), writes }, () => writeMany(store, writes));
    },
    query: async (request) =>
      run({ name: 'query', request, consistent: request.consistent === true }, (lag) => query(store, request, lag)),
    items: () =>
      store
        .all()
        .map(toPlainItem)
        .toSorted((left, right) => compareText(left['pk'], right['pk']) || compareText(left['sk'], right['sk'])),
    load: (items) => {
      store.clear();
      for (const item of items) {
        store.write({ pk: String(item['pk']), sk: String(item['sk']) }, toPlainItem(item));
      }
    },
  };
};
