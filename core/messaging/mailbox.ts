import * as z from 'zod';
import { AgentId, type TenantId } from '../contract/ids.ts';
import { jsonBytes } from '../contract/json.ts';
import { keys, refusedMail } from '../contract/keys.ts';
import { limits, timings } from '../contract/limits.ts';
import { type Mail, MailRef, type MailView, Message } from '../contract/messaging.ts';
import { isClaimCheck } from '../contract/payload.ts';
import { InvalidCursorError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { absent, any, equal } from '../table/conditions.ts';
import type { BatchedWrite, Item, Put } from '../table/table.ts';
import { FrameMismatchError, MailboxFullError } from './errors.ts';

/** The messages of one frame for one agent, as they wait in its mailbox. */
export const StoredMail = z.looseObject({
  sk: z.string(),
  agentId: AgentId,
  from: z.string(),
  messages: z.array(Message).min(1),
  sentAt: z.number(),
  /** When the last of its messages is too late to be delivered. */
  expiresAt: z.number(),
});
export type StoredMail = z.infer<typeof StoredMail>;

/** Mail on its way into a mailbox. */
export interface NewMail extends Mail {
  readonly agentId: AgentId;
  readonly from: string;
}

const writesPerCall = 25;

const lastExpiry = (messages: readonly Message[]): number => Math.max(...messages.map(({ expiresAt }) => expiresAt));

/** Kept as long again as it is good, so that whoever looks sees that nobody took it. */
const itemOf = (
  services: Services,
  tenant: TenantId,
  { agentId, from, ref, messages }: NewMail,
): Omit<Put, 'clauses'> => {
  const expiresAt = lastExpiry(messages);
  const sentAt = services.clock.now();
  const expiresAtEpochSeconds = Math.ceil((expiresAt + timings.expiredMailMs) / 1000);
  return {
    key: keys.mail(tenant, agentId, ref),
    item: { agentId, from, messages, sentAt, expiresAt, expiresAtEpochSeconds },
  };
};

const writeAll = async (services: Services, writes: readonly BatchedWrite[]): Promise<void> => {
  for (let from = 0; from < writes.length; from += writesPerCall)
    await services.table.writeMany(writes.slice(from, from + writesPerCall));
};

/** Puts mail into mailboxes. The same mail again is the same item: a repeat is harmless. */
export const storeMail = (services: Services, tenant: TenantId, mail: readonly NewMail[]): Promise<void> =>
  writeAll(
    services,
    mail.map((one) => ({ put: itemOf(services, tenant, one) })),
  );

/**
 * Puts the one mail of a frame into its mailbox. The same frame again is the same item; while it waits, another one under
 * its name is not taken for it:
 *
 * ```
 * sender   frame f: a ── stored ──────────────── frame f: b ── refused
 * agent                            a is waiting
 * ```
 *
 * @throws FrameMismatchError; nothing was changed.
 */
export const storeFramed = async (
  services: Services,
  tenant: TenantId,
  mail: NewMail,
  frameHash: string,
): Promise<void> => {
  const { key, item } = itemOf(services, tenant, mail);
  const written = await services.table.put({
    key,
    item: { ...item, frameHash },
    clauses: { sameFrame: any(absent('pk'), equal('frameHash', frameHash)) },
  });
  if (!written.won) throw new FrameMismatchError();
};

/** Notes, where an operator looks, that a mailbox was full when something was spread. Without the content. */
export const noteRefused = async (services: Services, tenant: TenantId, mail: NewMail): Promise<void> => {
  const { agentId, from, ref, messages } = mail;
  const sentAt = services.clock.now();
  const said = messages.map((message) => ({ ...message, content: null }));
  await services.table.put({
    key: keys.mail(tenant, agentId, `${refusedMail}${ref}`),
    item: {
      agentId,
      from,
      messages: said,
      sentAt,
      expiresAt: lastExpiry(messages),
      expiresAtEpochSeconds: Math.ceil((sentAt + timings.expiredMailMs) / 1000),
    },
    clauses: {},
  });
};

/** Forgets mail that its recipient has dealt with. What is not there is no error. */
export const removeMail = (
  services: Services,
  { tenant, agentId }: { readonly tenant: TenantId; readonly agentId: AgentId },
  refs: readonly string[],
): Promise<void> =>
  writeAll(
    services,
    [...new Set(refs)].map((ref) => ({ remove: keys.mail(tenant, agentId, ref) })),
  );

const isRefused = ({ sk }: Pick<StoredMail, 'sk'>): boolean => sk.startsWith(refusedMail);

const pageSize = 100;

const readPage = async (
  services: Services,
  mailbox: { readonly tenant: TenantId; readonly agentId: AgentId; readonly after?: string | undefined },
  limit = pageSize,
): Promise<readonly Item[]> => {
  const { tenant, agentId, after } = mailbox;
  const { items } = await services.table.query({
    partition: keys.mail(tenant, agentId, '').pk,
    // The lowest text behind a key that is printable itself.
    ...(after === undefined ? {} : { from: `${after} ` }),
    limit,
    consistent: true,
  });
  return items;
};

/** Whether a message is still to be delivered. */
const isGood =
  (nowMs: number) =>
  ({ expiresAt }: { readonly expiresAt: number }): boolean =>
    expiresAt > nowMs;

/** What its sender does not number goes, within a page, in the order in which it came. */
const inOrder = (stored: readonly StoredMail[]): readonly Mail[] => {
  const countOf = ({ sk }: StoredMail): string => sk.slice(0, sk.lastIndexOf('#'));
  return stored
    .toSorted((one, other) => {
      const [left, right] = [countOf(one), countOf(other)];
      return left === right ? one.sentAt - other.sentAt : left < right ? -1 : 1;
    })
    .map(({ sk, messages }) => ({ ref: sk, messages }));
};

/** What messages take of an answer, with the addresses at which their claim checks are read. */
const sizeOf = (messages: readonly Message[]): number =>
  jsonBytes(messages) + messages.filter(({ content }) => isClaimCheck(content)).length * limits.readUrlBytes;

/** A page of mail that waits, up to as much as one answer carries; `after` when there may be more. */
export const readWaiting = async (
  services: Services,
  mailbox: { readonly tenant: TenantId; readonly agentId: AgentId; readonly after?: string | undefined },
): Promise<{ readonly mail: readonly Mail[]; readonly after?: string }> => {
  const nowMs = services.clock.now();
  const stored = (await readPage(services, mailbox)).map((item) => StoredMail.parse(item));
  const taken: StoredMail[] = [];
  let bytes = 0;
  for (const one of stored) {
    if (isRefused(one)) return { mail: inOrder(taken) };
    const messages = one.messages.filter(isGood(nowMs));
    const size = sizeOf(messages);
    const last = taken.at(-1);
    if (last !== undefined && bytes + size > limits.pulledBytes) return { mail: inOrder(taken), after: last.sk };
    if (messages.length > 0) taken.push({ ...one, messages });
    bytes += messages.length > 0 ? size : 0;
  }
  const mail = inOrder(taken);
  const end = stored.at(-1);
  return stored.length < pageSize || end === undefined ? { mail } : { mail, after: end.sk };
};

/**
 * What an operator sees of a mailbox: what waits, what ran out of time, what it had no room for.
 * @throws InvalidCursorError.
 */
export const listMail = async (
  services: Services,
  mailbox: { readonly tenant: TenantId; readonly agentId: AgentId; readonly after?: string | undefined },
  limit: number,
): Promise<{ readonly items: readonly MailView[]; readonly nextCursor?: string }> => {
  if (mailbox.after !== undefined && !MailRef.safeParse(mailbox.after).success) throw new InvalidCursorError();
  const isStillGood = isGood(services.clock.now());
  const stored = (await readPage(services, mailbox, limit)).map((item) => StoredMail.parse(item));
  const last = stored.at(-1);
  const items = stored.map((one) => {
    const { sk, agentId, from, messages, sentAt, expiresAt } = one;
    const status = isRefused(one) ? 'refused' : isStillGood(one) ? 'waiting' : 'expired';
    return { ref: sk, agentId, status, from, messages: messages.map(({ id }) => id), sentAt, expiresAt } as const;
  });
  return stored.length < limit || last === undefined ? { items } : { items, nextCursor: last.sk };
};

const countWaiting = async (services: Services, tenant: TenantId, agentId: AgentId): Promise<number> => {
  const isStillGood = isGood(services.clock.now());
  let count = 0;
  let after: string | undefined;
  do {
    const stored = (await readPage(services, { tenant, agentId, after })).map((item) => StoredMail.parse(item));
    count += stored.filter((one) => !isRefused(one) && isStillGood(one)).length;
    after = stored.length < pageSize ? undefined : stored.at(-1)?.sk;
  } while (after !== undefined && count < limits.mailPerMailbox);
  return count;
};

/** Room in a mailbox that this environment has leased. Changed in place: calls of one environment share it. */
interface Lease {
  left: number;
  /** The look into the mailbox that is under way: one is enough for all who wait for it. */
  look?: Promise<void> | undefined;
}

const isLease = (value: unknown): value is Lease => typeof value === 'object' && value !== null && 'left' in value;

const roomMs = 10 * 60_000;
/** Mails that an environment puts into a mailbox before it looks into it: most never send more to one agent. */
const unseenRoom = 16;

const lookFor = async (services: Services, tenant: TenantId, agentId: AgentId, lease: Lease): Promise<void> => {
  try {
    const free = limits.mailPerMailbox - (await countWaiting(services, tenant, agentId));
    if (free <= 0) throw new MailboxFullError(agentId);
    lease.left = Math.ceil(free / 2);
  } finally {
    lease.look = undefined;
  }
};

/**
 * Takes room for one mail. An environment looks at a mailbox after a few mails, leases half of what is free in it, and looks
 * again when that is used up: an empty mailbox is read once for hundreds of mails, a nearly full one each time.
 * @throws MailboxFullError.
 */
export const takeRoom = async (services: Services, tenant: TenantId, agentId: AgentId): Promise<void> => {
  const nowMs = services.clock.now();
  const cacheKey = `mailbox:${tenant}#${agentId}`;
  const held = services.cache.get(cacheKey, nowMs);
  const lease: Lease = isLease(held) ? held : { left: unseenRoom };
  if (lease !== held) services.cache.set(cacheKey, lease, nowMs + roomMs);
  while (lease.left <= 0) {
    lease.look ??= lookFor(services, tenant, agentId, lease);
    await lease.look;
  }
  lease.left -= 1;
};
