import * as z from 'zod';
import { LogEvent } from '../contract/event-log.ts';
import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';

const Entry = LogEvent.extend({ opens: z.boolean().optional() });

const eventOf = ({ seq, type, at, taskId, runId, agentId, data }: LogEvent): LogEvent => ({
  seq,
  type,
  at,
  ...(taskId === undefined ? {} : { taskId }),
  ...(runId === undefined ? {} : { runId }),
  ...(agentId === undefined ? {} : { agentId }),
  data,
});

/**
 * What a log has behind a cursor, in order and without a gap: what is not written yet holds up what comes after it, so a
 * reader that goes on from the last number misses nothing.
 */
export const readLog = async (
  services: Services,
  tenant: string,
  topic: string,
  { cursor, limit }: { readonly cursor: number; readonly limit: number },
): Promise<readonly LogEvent[]> => {
  const from = keys.logEntry(tenant, topic, cursor + 1);
  const { items } = await services.table.query({ partition: from.pk, from: from.sk, limit });
  const entries = items.map((item) => Entry.parse(item));
  const gap = entries.findIndex(({ seq, opens }, index) => {
    const before = index === 0 ? cursor : (entries[index - 1]?.seq ?? 0);
    // A task's log begins where somebody asked for it, unless it was there from the task's first day.
    return seq !== before + 1 && opens !== true && before !== 0;
  });
  return (gap === -1 ? entries : entries.slice(0, gap)).map(eventOf);
};
