import * as z from 'zod';
import { AgentId, EnvelopeId, Name } from './ids.ts';
import { Json, jsonBytes, KeptJson } from './json.ts';
import { limits } from './limits.ts';
import { Priority } from './priority.ts';

/**
 * How a message finds its recipients. `auto` goes by what the message names: an agent, a group, a topic or a filter; a
 * message that names nothing is refused, so that nothing goes to everybody by mistake. `request` and `reply` are direct, and a reply names what it answers.
 */
export const MessageMode = z.enum(['auto', 'direct', 'broadcast', 'multicast', 'publish', 'request', 'reply']);
export type MessageMode = z.infer<typeof MessageMode>;

const word = '[A-Za-z0-9_-]+';

/** What a message is published under: words with dots between them, from the general to the special. */
export const Topic = z
  .string()
  .max(limits.topicLength)
  .regex(new RegExp(`^${word}(?:\\.${word})*$`), 'must be words of A-Z a-z 0-9 _ - with dots between them');
export type Topic = z.infer<typeof Topic>;

const patternWord = `(?:${word}|\\*|#)`;

/** What a subscriber hears of: as a topic, where `*` stands for one word and `#` for any number of them, also none. */
export const TopicPattern = z
  .string()
  .max(limits.topicLength)
  .regex(new RegExp(`^${patternWord}(?:\\.${patternWord})*$`), 'must be words, * or # with dots between them');
export type TopicPattern = z.infer<typeof TopicPattern>;

const Scalar = z.union([z.string().max(256), z.number(), z.boolean()]);

/** Which agents a broadcast is for: those that meet all of it. */
export const AudienceFilter = z.strictObject({
  capability: Name.optional(),
  type: Name.optional(),
  labels: z
    .record(Name, Scalar)
    .refine((labels) => Object.keys(labels).length <= limits.labelsPerAgent, `has more than ${limits.labelsPerAgent}`)
    .optional(),
});
export type AudienceFilter = z.infer<typeof AudienceFilter>;

/**
 * Which messages a subscriber wants: each path into the content (names with dots between them) holds one of the values
 * listed for it.
 */
export const ContentFilter = z
  .record(z.string().regex(/^[^.]{1,64}(?:\.[^.]{1,64}){0,3}$/), z.array(Scalar).min(1).max(10))
  .refine(
    (where) => Object.keys(where).length <= limits.fieldsPerFilter,
    `has more than ${limits.fieldsPerFilter} paths`,
  );
export type ContentFilter = z.infer<typeof ContentFilter>;

/** A message as it is handed in. */
export const OutgoingMessage = z.strictObject({
  id: EnvelopeId.describe('Names the message: what comes twice under one id has its effect once.'),
  mode: MessageMode.default('auto'),
  to: z.string().min(1).max(256).optional().describe('An agent, by its id or its name.'),
  group: Name.optional(),
  topic: Topic.optional(),
  filter: AudienceFilter.optional().describe('Whom a broadcast is for; everybody when left out.'),
  content: Json,
  ttlSeconds: z
    .int()
    .min(1)
    .max(limits.messageTtlSeconds)
    .default(limits.defaultMessageTtlSeconds)
    .describe('How long it waits for a recipient that is away.'),
  correlationId: EnvelopeId.optional().describe('The request that it answers.'),
  conversationId: EnvelopeId.optional(),
  parentId: EnvelopeId.optional(),
  priority: Priority.optional(),
  intent: z.enum(['request', 'response', 'notification', 'handoff', 'escalation']).optional(),
  evidence: z.array(KeptJson).max(20).optional(),
});
export type OutgoingMessage = z.infer<typeof OutgoingMessage>;
/** A message as its author writes it: everything with a default may be left out. */
export type OutgoingMessageInput = z.input<typeof OutgoingMessage>;

/** A sort key of the table has 1024, and the place behind a mail is one more. */
const mailRefBytes = 1000;

/** Names one mail in its mailbox: given by the platform, and given back. */
export const MailRef = z
  .string()
  .min(1)
  .max(mailRefBytes)
  .refine((ref) => new TextEncoder().encode(ref).byteLength <= mailRefBytes, `has more than ${mailRefBytes} bytes`);
const MailRefs = z.array(MailRef).min(1).max(limits.refsPerAck);

/** What one frame or request hands in. */
export const MessageSending = z.strictObject({
  /**
   * The sender's own count: whoever keeps it growing, also over restarts, has the order of what waits. With it or without,
   * the same frame or request sent again is the same mail.
   */
  number: z.int().nonnegative().max(999_999_999_999_999).optional(),
  messages: z
    .array(OutgoingMessage)
    .min(1)
    .max(limits.messagesPerFrame)
    .refine((messages) => new Set(messages.map(({ id }) => id)).size === messages.length, 'names an id twice')
    .refine(
      (messages) => jsonBytes(messages.flatMap(({ evidence = [] }) => evidence)) <= limits.frameEvidenceBytes,
      `has more than ${limits.frameEvidenceBytes} bytes of evidence`,
    ),
});
export type MessageSending = z.infer<typeof MessageSending>;

/** A message as it reaches an agent. Times are epoch milliseconds. */
export const Message = z.looseObject({
  id: z.string(),
  mode: MessageMode,
  /** The agent, or the principal that is none, as its connection or key proves. */
  from: z.string(),
  content: Json,
  group: z.string().optional(),
  topic: z.string().optional(),
  correlationId: z.string().optional(),
  conversationId: z.string().optional(),
  parentId: z.string().optional(),
  priority: Priority.optional(),
  intent: z.string().optional(),
  evidence: z.array(Json).optional(),
  sentAt: z.number(),
  expiresAt: z.number(),
});
export type Message = z.infer<typeof Message>;

/** What comes together: the messages of one frame for one agent, in their order. `ref` is what is acknowledged. */
export const Mail = z.looseObject({ ref: z.string(), messages: z.array(Message).min(1) });
export type Mail = z.infer<typeof Mail>;

/** What became of a message: durable for so many agents, or for the job that spreads it; or why it is not. */
export const SentMessage = z.looseObject({
  id: z.string(),
  /** Agents whose mailbox has it. Absent while it is being spread. */
  recipients: z.int().optional(),
  /** The audience is large: it is spread from a queue, in its own time. */
  isSpread: z.boolean().optional(),
  /** Agents that did not get it because their mailboxes are full. */
  full: z.array(z.string()).optional(),
  error: z
    .looseObject({ code: z.string(), message: z.string(), retryable: z.boolean(), field: z.string().optional() })
    .optional(),
});
export type SentMessage = z.infer<typeof SentMessage>;

/** What one frame of an agent hands in: with it the mail that it has dealt with, which saves a `message.ack`. */
const MessageFrame = MessageSending.extend({ acks: MailRefs.optional() });

/** What agents say of their mail and of what they want to hear. */
export const messagingFrames = {
  'message.send': MessageFrame,
  /** These have been dealt with: they are not delivered again. */
  'message.ack': z.strictObject({ refs: MailRefs }),
  /** Asks for what waits, from the first or from behind a mail on; answered by `message.pulled`. */
  'message.pull': z.strictObject({ after: MailRef.optional() }),
  'topic.join': z.strictObject({ pattern: TopicPattern, where: ContentFilter.optional() }),
  'topic.leave': z.strictObject({ pattern: TopicPattern }),
  'group.join': z.strictObject({ name: Name }),
  'group.leave': z.strictObject({ name: Name }),
} as const;

/** What the platform says of messages. */
export const messagingPlatformFrames = {
  message: Mail,
  'message.sent': z.looseObject({ results: z.array(SentMessage) }),
  /** A page of what waits, by sender and the senders' counts; `after` when there is more. */
  'message.pulled': z.looseObject({ mail: z.array(Mail), after: z.string().optional() }),
} as const;

/** What an operator sees of an agent's mailbox: everything but the content. */
export const MailView = z.looseObject({
  ref: z.string(),
  agentId: AgentId,
  /** `refused`: the mailbox was full when it was spread. `expired`: its time ran out before it was taken. */
  status: z.enum(['waiting', 'expired', 'refused']),
  from: z.string(),
  messages: z.array(z.string()).describe('Ids.'),
  sentAt: z.number(),
  expiresAt: z.number(),
});
export type MailView = z.infer<typeof MailView>;
