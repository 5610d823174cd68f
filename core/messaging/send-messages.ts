import type { AgentId, TenantId } from '../contract/ids.ts';
import { frameNameOf, mailRefOf } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { SpreadMessage } from '../contract/messages.ts';
import type { Message, MessageSending, OutgoingMessage, SentMessage } from '../contract/messaging.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { readAudience } from './audience.ts';
import { requireSend } from './audience-rights.ts';
import { type Addressed, type Audience, areForOne, chooseMode } from './choose-mode.ts';
import { MailboxFullError } from './errors.ts';
import { fitContent, inlineShare } from './fit-content.ts';
import { frameHashOf, holdFrame } from './hold-frame.ts';
import { type NewMail, storeFramed, storeMail, takeRoom } from './mailbox.ts';
import { pushMail } from './push-mail.ts';

export interface SendRequest {
  readonly principal: Principal;
  /** The agent that speaks, or the principal that is none. */
  readonly from: string;
  /** With the sender's count, if there is one, names the frame or request: the same again is the same mail. */
  readonly frameId: string;
  readonly sending: MessageSending;
}

/** A message that may be sent, and who is to have it; without recipients its audience is spread from the queue. */
interface Draft {
  readonly message: Message;
  readonly audience: Audience;
  readonly agentIds: readonly AgentId[] | undefined;
}

type Drafted = Draft | { readonly refused: AppError };

const isRefused = (drafted: Drafted): drafted is { readonly refused: AppError } => 'refused' in drafted;

const messageOf = (
  outgoing: OutgoingMessage,
  { mode, audience }: Addressed,
  at: { readonly from: string; readonly nowMs: number },
): Message => {
  const { mode: _mode, to: _to, group: _group, topic: _topic, filter: _filter, ttlSeconds, ...rest } = outgoing;
  return {
    ...rest,
    mode,
    ...(audience.kind === 'group' ? { group: audience.group } : {}),
    ...(audience.kind === 'topic' ? { topic: audience.topic } : {}),
    from: at.from,
    sentAt: at.nowMs,
    expiresAt: at.nowMs + ttlSeconds * 1000,
  };
};

const draft = async (
  services: Services,
  { principal, from }: SendRequest,
  outgoing: OutgoingMessage,
  share: number,
): Promise<Drafted> => {
  const { tenant } = principal;
  try {
    const addressed = chooseMode(outgoing);
    await requireSend(services, principal, addressed.audience);
    const content = await fitContent(services, tenant, outgoing.content, share);
    const question = { tenant, audience: addressed.audience, from, content };
    const { agentIds, isAll } = await readAudience(services, question, limits.inlineRecipients);
    const message = { ...messageOf(outgoing, addressed, { from, nowMs: services.clock.now() }), content };
    return { message, audience: addressed.audience, agentIds: isAll ? agentIds : undefined };
  } catch (error) {
    // What may work in a moment is the whole frame's: it is sent again as it is.
    if (error instanceof AppError && !error.retryable) return { refused: error };
    throw error;
  }
};

/** One mail for each recipient, with its messages in the order of the frame. */
const sortByRecipient = (drafts: readonly Drafted[]): ReadonlyMap<AgentId, readonly Message[]> => {
  const byRecipient = new Map<AgentId, Message[]>();
  for (const drafted of drafts) {
    if (isRefused(drafted)) continue;
    for (const agentId of drafted.agentIds ?? []) {
      const messages = byRecipient.get(agentId) ?? [];
      byRecipient.set(agentId, messages);
      messages.push(drafted.message);
    }
  }
  return byRecipient;
};

/** Those that have no room for another mail. */
const findFull = async (
  services: Services,
  tenant: TenantId,
  agentIds: Iterable<AgentId>,
): Promise<ReadonlySet<AgentId>> => {
  const full = new Set<AgentId>();
  await Promise.all(
    [...agentIds].map(async (agentId) => {
      try {
        await takeRoom(services, tenant, agentId);
      } catch (error) {
        if (!(error instanceof MailboxFullError)) throw error;
        full.add(agentId);
      }
    }),
  );
  return full;
};

/** Names of full mailboxes in one answer; whoever has more finds them in the mailboxes. */
const namedFull = 20;

const errorOf = ({ code, message, retryable, field }: AppError): NonNullable<SentMessage['error']> => ({
  code,
  message,
  retryable,
  ...(field === undefined ? {} : { field }),
});

const resultOf = (id: string, drafted: Drafted, full: ReadonlySet<AgentId>): SentMessage => {
  if (isRefused(drafted)) return { id, error: errorOf(drafted.refused) };
  const { agentIds, audience } = drafted;
  if (agentIds === undefined) return { id, isSpread: true };
  const refused = agentIds.filter((agentId) => full.has(agentId));
  const [first] = refused;
  if (audience.kind === 'agent' && first !== undefined)
    return { id, error: errorOf(new MailboxFullError(audience.to)) };
  const recipients = agentIds.length - refused.length;
  return { id, recipients, ...(refused.length === 0 ? {} : { full: refused.slice(0, namedFull) }) };
};

/** The parts that a large audience is served in, by the first digit of its members' places. */
export const parts: readonly string[] = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

const jobsFor = (request: SendRequest, drafts: readonly Drafted[], frame: string): readonly SpreadMessage[] =>
  drafts.flatMap((drafted, index) => {
    if (isRefused(drafted) || drafted.agentIds !== undefined) return [];
    const { message, audience } = drafted;
    const ref = mailRefOf(request.from, `${frame}~${index}`);
    const job = { kind: 'spread', tenant: request.principal.tenant, ref, message, audience } as const;
    return parts.map((part) => ({ ...job, part }));
  });

/** A message that came alone is refused as any frame is; of several each has its own answer. @throws why it is refused. */
const requireTaken = ([drafted, ...others]: readonly Drafted[], full: ReadonlySet<AgentId>): void => {
  if (drafted === undefined || others.length > 0) return;
  if (isRefused(drafted)) throw drafted.refused;
  if (drafted.audience.kind === 'agent' && full.size > 0) throw new MailboxFullError(drafted.audience.to);
};

/**
 * Makes a frame's messages durable, once for its name. What is for an audience, or for several agents, is kept under another
 * reference than the mail of a frame to one, also while the audience is one agent: a frame that names others than it did
 * before replaces nothing of theirs, and the same frame is the same mail whoever has come or gone meanwhile.
 */
const store = async (
  services: Services,
  request: SendRequest,
  drafts: readonly Drafted[],
  taken: readonly (readonly [AgentId, readonly Message[]])[],
): Promise<readonly NewMail[]> => {
  const { principal, from, frameId, sending } = request;
  const { tenant } = principal;
  const frame = frameNameOf(sending.number ?? 0, frameId);
  const jobs = jobsFor(request, drafts, frame);
  if (taken.length === 0 && jobs.length === 0) return [];
  const frameHash = frameHashOf(sending.messages);
  const isForOne = areForOne(sending.messages);
  const ref = mailRefOf(from, isForOne ? frame : `${frame}~`);
  const mail = taken.map(([agentId, messages]): NewMail => ({ agentId, from, ref, messages: [...messages] }));
  if (isForOne) {
    for (const one of mail) await storeFramed(services, tenant, one, frameHash);
    return mail;
  }
  await holdFrame(services, tenant, { from, frame, frameHash });
  await storeMail(services, tenant, mail);
  if (jobs.length > 0) await services.queues.sendTasks(tenant, jobs);
  return mail;
};

/**
 * Sends messages. Returns when each is durable: in its recipients' mailboxes, or with the queue that spreads it to a large
 * audience. Until then a crash loses only what nobody was promised, and the same frame again is the same mail. Whoever is
 * connected is handed it before this returns, so that a sender who waits for the answer has its messages arrive in order.
 *
 * @throws why a message that came alone is refused: NotFoundError, InvalidFieldError, AudienceForbiddenError,
 * MailboxFullError, PayloadQuotaError; FrameMismatchError when the sender gave the frame's name to other messages;
 * UnavailableError when it is to be sent again.
 */
export const sendMessages = async (services: Services, request: SendRequest): Promise<readonly SentMessage[]> => {
  const { principal, sending } = request;
  const { tenant } = principal;
  const share = inlineShare(sending.messages);
  const drafts = await Promise.all(sending.messages.map((outgoing) => draft(services, request, outgoing, share)));
  const byRecipient = sortByRecipient(drafts);
  const full = await findFull(services, tenant, byRecipient.keys());
  const results = drafts.map((drafted, index) => resultOf(sending.messages[index]?.id ?? '', drafted, full));
  requireTaken(drafts, full);
  const taken = [...byRecipient].filter(([agentId]) => !full.has(agentId));
  const mail = await store(services, request, drafts, taken);
  await pushMail(services, tenant, mail);
  return results;
};
