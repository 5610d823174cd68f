import * as z from 'zod';
import type { Item, Page, Query, Table } from './table.ts';

const IndexEntry = z.looseObject({ pk: z.string(), sk: z.string() });

/** A query of an index; `cursor` as a caller may have left it out. */
export interface IndexQuery extends Omit<Query, 'index' | 'consistent' | 'cursor'> {
  readonly index: NonNullable<Query['index']>;
  readonly cursor?: string | undefined;
}

/**
 * A page of an index with the items whole, in the index's order; what is gone meanwhile is left out. Eventually
 * consistent. At most 100 items.
 */
export const readIndexPage = async (table: Table, { cursor, ...query }: IndexQuery): Promise<Page> => {
  const page = await table.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
  const order = page.items.map((entry) => IndexEntry.parse(entry)).map(({ pk, sk }) => ({ pk, sk }));
  const nameOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk]);
  const items = new Map((await table.getMany(order)).map((item) => [nameOf(item), item]));
  return { ...page, items: order.map((key) => items.get(nameOf(key))).filter((item) => item !== undefined) };
};
