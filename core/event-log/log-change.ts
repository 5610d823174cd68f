import type { Services } from '../services.ts';
import { tellFollowers } from '../watch/watchers.ts';
import { appendEntry, type NewEntry, writeEntry } from './append-event.ts';
import { changeOf, type ItemChange } from './event-of-change.ts';

/**
 * Brings one write of an item into the logs that the item belongs to, and shows it to those who follow them. At least
 * once, and one item's writes in their order; repeating it adds nothing.
 */
export const logChange = async (services: Services, written: ItemChange): Promise<void> => {
  const change = changeOf(written);
  if (change === undefined) return;
  const { tenant, rev } = change;
  for (const { topic, opens } of change.topics) {
    const event: NewEntry['event'] = { ...change.happening(opens), at: services.clock.now() };
    // What opens a log has the revision of the write before it.
    const entry: NewEntry = { tenant, topic, change: opens ? `${change.id}#opens` : change.id, opens, event };
    const isOwn = topic === event.taskId;
    if (isOwn) await writeEntry(services, entry, rev);
    const seq = isOwn ? rev : await appendEntry(services, entry);
    await tellFollowers(services, tenant, topic, { ...event, seq });
  }
};
