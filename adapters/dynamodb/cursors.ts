import * as z from 'zod';
import { indexes, tableKeys } from '#core/contract/env.ts';
import { InvalidCursorError } from '#core/errors/errors.ts';
import type { Query } from '#core/table/table.ts';

/** The key at which a page ended: the item's own key and, of an index, its key in the index. */
export type StartKey = Readonly<Record<string, string>>;

const CursorKey = z.record(z.string(), z.string());

/** Names of the partition and sort key that a query reads by. */
export const queriedKeys = (query: Query): { readonly partitionKey: string; readonly sortKey: string } =>
  query.index === undefined ? tableKeys : indexes[query.index];

const keyNames = (query: Query): readonly string[] => {
  const own = [tableKeys.partitionKey, tableKeys.sortKey];
  return query.index === undefined ? own : [...own, indexes[query.index].partitionKey, indexes[query.index].sortKey];
};

const decode = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

const compareBytes = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));

const isWithin = (query: Query, sort: string): boolean =>
  (query.prefix === undefined || sort.startsWith(query.prefix)) &&
  (query.from === undefined || compareBytes(sort, query.from) >= 0) &&
  (query.upTo === undefined || compareBytes(sort, query.upTo) <= 0);

/** Opaque text for where a page ended. */
export const encodeCursor = (key: StartKey): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/**
 * Where a query goes on. Only a key of the same query is taken: one of another partition could otherwise read past
 * what the caller may see.
 *
 * @throws InvalidCursorError when the cursor is malformed or belongs to another query.
 */
export const decodeCursor = (query: Query, cursor: string): StartKey => {
  const names = keyNames(query);
  const { partitionKey, sortKey } = queriedKeys(query);
  const parsed = CursorKey.safeParse(decode(cursor));
  const key = parsed.success ? parsed.data : {};
  const isOfThisQuery =
    Object.keys(key).length === names.length &&
    names.every((name) => (key[name] ?? '') !== '') &&
    key[partitionKey] === query.partition &&
    isWithin(query, key[sortKey] ?? '');
  if (!isOfThisQuery) {
    throw new InvalidCursorError();
  }
  return key;
};
