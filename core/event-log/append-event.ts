import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import type { Services } from '../services.ts';
import { absent } from '../table/conditions.ts';
import type { Happening } from './event-of-change.ts';

const Entry = z.looseObject({ seq: z.int(), change: z.string(), loggedAt: z.number() });

/** Clocks of environments differ by less than this. */
const skewMs = 10 * 60_000;

/** An entry before it has a number, and the change that it is about. */
export interface NewEntry {
  readonly tenant: string;
  readonly topic: string;
  readonly change: string;
  readonly opens: boolean;
  readonly event: Happening & { readonly at: number };
}

const itemOf = (services: Services, { change, opens, event }: NewEntry, seq: number) => ({
  ...event,
  seq,
  change,
  ...(opens ? { opens } : {}),
  loggedAt: services.clock.now(),
  expiresAtEpochSeconds: forgottenAfter(services.clock.now(), services.retention.ended),
});

/** Writes an entry whose number is known: of a task's own log, its revision. Repeating it changes nothing that matters. */
export const writeEntry = async (services: Services, entry: NewEntry, seq: number): Promise<void> => {
  await services.table.put({
    key: keys.logEntry(entry.tenant, entry.topic, seq),
    item: itemOf(services, entry, seq),
    clauses: {},
  });
};

const backwards = async (services: Services, { tenant, topic }: NewEntry, limit: number, cursor?: string) =>
  services.table.query({
    partition: keys.logEntry(tenant, topic, 0).pk,
    limit,
    descending: true,
    consistent: true,
    ...(cursor === undefined ? {} : { cursor }),
  });

/** The number under which a change was logged since a time, if it was. */
const findSince = async (services: Services, entry: NewEntry, sinceMs: number): Promise<number | undefined> => {
  let cursor: string | undefined;
  do {
    const page = await backwards(services, entry, 100, cursor);
    const entries = page.items.map((item) => Entry.parse(item));
    const found = entries.find(({ change }) => change === entry.change);
    if (found !== undefined) return found.seq;
    if (entries.some(({ loggedAt }) => loggedAt < sinceMs)) return undefined;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
};

/**
 * Appends to a log that many items write to: at the first free number, so that none is ever left out. Returns the number.
 * Changes of one item are handed over one after the other; a repeat, after a crash, finds the mark that the first try
 * left, and then whether it got as far as the entry.
 *
 * ```
 * A  mark ✔ ── last is 7 ── put 8 if free ✔
 * B  mark ✔ ── last is 7 ── put 8 if free ✘ → last is 8 ── put 9 ✔
 * A again   mark ✘ → looks for its entry: 8
 * ```
 */
export const appendEntry = async (services: Services, entry: NewEntry): Promise<number> => {
  const nowMs = services.clock.now();
  const marked = await services.table.put({
    key: keys.loggedChange(entry.tenant, entry.topic, entry.change),
    item: { at: nowMs, expiresAtEpochSeconds: forgottenAfter(nowMs, services.retention.ended) },
    clauses: { isFirstTry: absent('pk') },
  });
  if (!marked.won) {
    const { at } = z.looseObject({ at: z.number() }).parse(marked.item);
    const known = await findSince(services, entry, at - skewMs);
    if (known !== undefined) return known;
  }
  for (;;) {
    const [last] = (await backwards(services, entry, 1)).items;
    const seq = last === undefined ? 1 : Entry.parse(last).seq + 1;
    const written = await services.table.put({
      key: keys.logEntry(entry.tenant, entry.topic, seq),
      item: itemOf(services, entry, seq),
      clauses: { isFree: absent('pk') },
    });
    if (written.won) return seq;
  }
};
