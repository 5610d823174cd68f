import { type Part, partIdOf, type StateParts } from '../contract/crdt/part.ts';
import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import { StoredPart } from './stored-part.ts';

/** Kinds of parts are lower case, so everything from here on is one. */
const firstPart = 'a';

/** Parts of a scope in the order of their ids. */
export interface ScopePage {
  readonly parts: StateParts;
  /** Where the next page begins. */
  readonly next?: string | undefined;
}

/** A page of a scope's parts, each as it was last written. */
export const readScopePage = async (
  services: Services,
  { tenant, scope }: { readonly tenant: string; readonly scope: string },
  { from = firstPart, limit }: { readonly from?: string | undefined; readonly limit: number },
): Promise<ScopePage> => {
  const { items } = await services.table.query({
    partition: keys.stateScope(tenant, scope).pk,
    from,
    // One more tells where the next page begins.
    limit: limit + 1,
    consistent: true,
  });
  const stored = items.map((item) => StoredPart.parse(item));
  const parts = stored.map(({ name, part }): [string, Part] => [partIdOf(part.kind, name), part]);
  const next = parts[limit]?.[0];
  return { parts: Object.fromEntries(parts.slice(0, limit)), ...(next === undefined ? {} : { next }) };
};
