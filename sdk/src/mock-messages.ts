import { randomUUID } from 'node:crypto';
import type { Json } from '../../core/contract/json.ts';
import type { ContentFilter, Message, OutgoingMessageInput, SentMessage } from '../../core/contract/messaging.ts';
import { MusterError } from './errors.ts';
import { parseJson } from './json.ts';
import type { Messages } from './messages.ts';
import { checkDuration } from './options.ts';
import type { MessageHandler } from './subscriptions.ts';
import { type AddressedMessage, encodeContent, WaysToSend } from './ways-to-send.ts';

/** What an agent does with messages, on a platform and in tests. */
export type Messaging = Pick<
  Messages,
  'send' | 'broadcast' | 'multicast' | 'publish' | 'request' | 'subscribe' | 'unsubscribe' | 'join' | 'leave'
> & { onMessage(handler: MessageHandler): unknown };

/** A message that a test hands in; what is left out is made up. */
export type MockedMessage = Partial<Message> & { readonly content: Json };

const contentOf = (content: unknown): Json => parseJson(encodeContent(content).text);

/** Hands a message to one after the other. @throws what the first threw that did, when all have had it. */
const callAll = async (handlers: readonly MessageHandler[], message: Message): Promise<readonly unknown[]> => {
  const answers: unknown[] = [];
  const failures: unknown[] = [];
  for (const handler of handlers)
    try {
      answers.push(await handler(message));
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
  return answers;
};

/** Messages for tests: remembers what an agent sends, and hands it what the test sends. */
export class MockMessages extends WaysToSend implements Messaging {
  /** What was sent, requests too, in order and as it would travel. */
  readonly sent: OutgoingMessageInput[] = [];
  /** The groups that it is in. */
  readonly groups = new Set<string>();
  readonly #replies: ReadonlyMap<string, unknown>;

  /** `replies`: by agent, what it replies, or a function from the content to that. */
  constructor(replies: Readonly<Record<string, unknown>> = {}) {
    super();
    this.#replies = new Map(Object.entries(replies));
  }

  /** @throws {@link MusterError} REPLY_TIMEOUT, at once, when the test has no reply of this agent. */
  async request(
    to: string,
    content: unknown,
    { timeoutMs, ...options }: Parameters<Messages['request']>[2] = {},
  ): Promise<Json> {
    if (timeoutMs !== undefined) checkDuration('timeoutMs', timeoutMs);
    await this.hand({ ...options, mode: 'request', to }, content);
    if (!this.#replies.has(to))
      throw new MusterError(`${to} does not reply: give the mock its reply`, {
        code: 'REPLY_TIMEOUT',
        retryable: true,
      });
    const reply = this.#replies.get(to);
    return contentOf((await (typeof reply === 'function' ? reply(contentOf(content)) : reply)) ?? null);
  }

  async subscribe(
    pattern: string,
    handler: MessageHandler,
    { where }: { readonly where?: ContentFilter } = {},
  ): Promise<void> {
    this.subscriptions.set(pattern, handler, where);
  }

  async unsubscribe(pattern: string): Promise<void> {
    this.subscriptions.delete(pattern);
  }

  async join(group: string): Promise<void> {
    this.groups.add(group);
  }

  async leave(group: string): Promise<void> {
    this.groups.delete(group);
  }

  /**
   * Hands a message to whatever the agent listens with, and returns what that returns: of a request, the reply. A `topic`
   * goes to every subscription that names it and wants the content, and of several what the first returns is returned; what
   * a handler throws is thrown, when all have had the message.
   * @throws {@link MusterError} NO_HANDLER when nothing listens: with a platform it would wait.
   */
  async receive(message: MockedMessage): Promise<Json> {
    const { topic, content } = message;
    const mode = topic === undefined ? 'direct' : 'publish';
    const sentAt = Date.now();
    const whole: Message = { id: randomUUID(), mode, from: 'test', sentAt, expiresAt: sentAt + 86_400_000, ...message };
    const takers = this.handlersFor(topic, content);
    if (takers.length === 0)
      throw new MusterError(`Nothing listens for ${topic ?? 'messages'}: call onMessage or subscribe first`, {
        code: 'NO_HANDLER',
      });
    const [answer] = await callAll(takers, whole);
    return contentOf(answer ?? null);
  }

  protected override async hand(
    { id = randomUUID(), ...message }: AddressedMessage,
    content: unknown,
  ): Promise<SentMessage> {
    this.sent.push({ id, ...message, content: contentOf(content) });
    return { id, recipients: 1 };
  }
}
