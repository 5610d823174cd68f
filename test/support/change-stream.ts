import type { Key } from '#core/contract/keys.ts';
import type { ItemChange } from '#core/event-log/event-of-change.ts';
import type { Services } from '#core/services.ts';
import type { Item, Put, Update, Written } from '#core/table/table.ts';

/** The table's stream: each write's item before and after, in the order of the writes. */
export const streamChanges = (services: Services): ItemChange[] => {
  const changes: ItemChange[] = [];
  const known = new Map<string, Item>();
  const { table } = services;
  const note = ({ pk, sk }: Key, written: Written): Written => {
    if (!written.won) return written;
    const key = `${pk} ${sk}`;
    changes.push({ before: known.get(key), after: written.item });
    known.set(key, written.item);
    return written;
  };
  Object.assign(services, {
    table: {
      ...table,
      put: async (request: Put) => note(request.key, await table.put(request)),
      update: async (request: Update) => note(request.key, await table.update(request)),
    },
  });
  return changes;
};
