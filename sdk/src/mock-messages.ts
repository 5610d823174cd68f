import { randomUUID } from 'node:crypto';
import { isWanted } from '../../core/contract/content-filter.ts';
import type { Json } from '../../core/contract/json.ts';
import type {
  AudienceFilter,
  ContentFilter,
  Message,
  OutgoingMessageInput,
  SentMessage,
} from '../../core/contract/messaging.ts';
import { matchesTopic } from '../../core/contract/topics.ts';
import { MusterError } from './errors.ts';
import { parseJson } from './json.ts';
import { encodeContent, type MessageHandler, type MessageOptions, type Messages } from './messages.ts';

/** What an agent does with messages, on a platform and in tests. */
export type Messaging = Pick<
  Messages,
  'send' | 'broadcast' | 'multicast' | 'publish' | 'request' | 'subscribe' | 'unsubscribe' | 'join' | 'leave'
> & { onMessage(handler: MessageHandler): unknown };

/** A message that a test hands in; what is left out is made up. */
export type MockedMessage = Partial<Message> & { readonly content: Json };

interface Subscription {
  readonly handler: MessageHandler;
  readonly where: ContentFilter;
}

const contentOf = (content: unknown): Json => parseJson(encodeContent(content).text);

/** Messages for tests: remembers what an agent sends, and hands it what the test sends. */
export class MockMessages implements Messaging {
  /** What was sent, requests too, in order and as it would travel. */
  readonly sent: OutgoingMessageInput[] = [];
  /** The groups that it is in. */
  readonly groups = new Set<string>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #replies: ReadonlyMap<string, unknown>;
  #handler: MessageHandler | undefined;

  /** `replies`: by agent, what it replies, or a function from the content to that. */
  constructor(replies: Readonly<Record<string, unknown>> = {}) {
    this.#replies = new Map(Object.entries(replies));
  }

  send(to: string, content: unknown, options: MessageOptions = {}): Promise<SentMessage> {
    return this.#keep({ ...options, mode: 'direct', to }, content);
  }

  broadcast(
    content: unknown,
    { filter, ...options }: MessageOptions & { readonly filter?: AudienceFilter } = {},
  ): Promise<SentMessage> {
    return this.#keep({ ...options, mode: 'broadcast', ...(filter === undefined ? {} : { filter }) }, content);
  }

  multicast(group: string, content: unknown, options: MessageOptions = {}): Promise<SentMessage> {
    return this.#keep({ ...options, mode: 'multicast', group }, content);
  }

  publish(topic: string, content: unknown, options: MessageOptions = {}): Promise<SentMessage> {
    return this.#keep({ ...options, mode: 'publish', topic }, content);
  }

  /** @throws {@link MusterError} REPLY_TIMEOUT, at once, when the test has no reply of this agent. */
  async request(
    to: string,
    content: unknown,
    { timeoutMs: _timeoutMs, ...options }: Parameters<Messages['request']>[2] = {},
  ): Promise<Json> {
    await this.#keep({ ...options, mode: 'request', to }, content);
    if (!this.#replies.has(to))
      throw new MusterError(`${to} does not reply: give the mock its reply`, {
        code: 'REPLY_TIMEOUT',
        retryable: true,
      });
    const reply = this.#replies.get(to);
    return contentOf((await (typeof reply === 'function' ? reply(contentOf(content)) : reply)) ?? null);
  }

  onMessage(handler: MessageHandler): this {
    this.#handler = handler;
    return this;
  }

  async subscribe(
    pattern: string,
    handler: MessageHandler,
    { where = {} }: { readonly where?: ContentFilter } = {},
  ): Promise<void> {
    this.#subscriptions.set(pattern, { handler, where });
  }

  async unsubscribe(pattern: string): Promise<void> {
    this.#subscriptions.delete(pattern);
  }

  async join(group: string): Promise<void> {
    this.groups.add(group);
  }

  async leave(group: string): Promise<void> {
    this.groups.delete(group);
  }

  /**
   * Hands a message to whatever the agent listens with, and returns what that returns: of a request, the reply. A `topic`
   * goes to a subscription that names it and wants the content; what its handler throws is thrown.
   * @throws {@link MusterError} NO_HANDLER when nothing listens: with a platform it would wait.
   */
  async receive(message: MockedMessage): Promise<Json> {
    const { topic, content } = message;
    const mode = topic === undefined ? 'direct' : 'publish';
    const sentAt = Date.now();
    const whole: Message = { id: randomUUID(), mode, from: 'test', sentAt, expiresAt: sentAt + 86_400_000, ...message };
    const taker = topic === undefined ? this.#handler : (this.#subscriberOf(topic, content) ?? this.#handler);
    if (taker === undefined)
      throw new MusterError(`Nothing listens for ${topic ?? 'messages'}: call onMessage or subscribe first`, {
        code: 'NO_HANDLER',
      });
    return contentOf((await taker(whole)) ?? null);
  }

  #subscriberOf(topic: string, content: Json): MessageHandler | undefined {
    return [...this.#subscriptions].find(
      ([pattern, { where }]) => matchesTopic(pattern, topic) && isWanted(where, content),
    )?.[1].handler;
  }

  async #keep(
    { id = randomUUID(), ...message }: Omit<OutgoingMessageInput, 'id' | 'content'> & { readonly id?: string },
    content: unknown,
  ): Promise<SentMessage> {
    this.sent.push({ id, ...message, content: contentOf(content) });
    return { id, recipients: 1 };
  }
}
