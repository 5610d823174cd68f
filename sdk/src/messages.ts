import { randomUUID } from 'node:crypto';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import type { Json } from '../../core/contract/json.ts';
import type { ContentFilter, Message, SentMessage } from '../../core/contract/messaging.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import { openPayload } from './claim-checks.ts';
import { MusterError, toError } from './errors.ts';
import { parseJson } from './json.ts';
import { type Handled, MessageReceiver } from './message-receiver.ts';
import { MessageSender, type MessageTimings } from './message-sender.ts';
import { checkDuration } from './options.ts';
import { stowOver } from './socket-calls.ts';
import type { MessageHandler } from './subscriptions.ts';
import type { TaskLine } from './task-runner.ts';
import type { Timers } from './timers.ts';
import { type AddressedMessage, encodeContent, type MessageOptions, WaysToSend } from './ways-to-send.ts';

/** Of {@link Messages.request}. */
export type RequestMessageOptions = Omit<MessageOptions, 'ttlSeconds'> & {
  /** How long the reply may take. @default 30000 */
  readonly timeoutMs?: number;
};

/** What messages need of their agent. */
export interface MessagesOptions {
  readonly line: TaskLine;
  readonly timers: Timers;
  readonly timings: MessageTimings;
  readonly random: () => number;
  readonly isUp: () => boolean;
  readonly onError: (error: Error) => void;
}

interface Waiting {
  readonly resolve: (reply: Message) => void;
}

/** A reply that says why there is none. */
const failureName = '$error';
const idLength = 128;

/** What an agent says to other agents, and hears from them. */
export class Messages extends WaysToSend {
  readonly #options: MessagesOptions;
  readonly #sender: MessageSender;
  readonly #receiver: MessageReceiver;
  readonly #waiting = new Map<string, Waiting>();
  #hasAsked = false;

  /** @internal */
  constructor(options: MessagesOptions) {
    super();
    this.#options = options;
    this.#sender = new MessageSender({
      ...options,
      takeAcks: (room) => this.#receiver.takeRefs(room),
      returnAcks: (refs) => this.#receiver.returnRefs(refs),
    });
    this.#receiver = new MessageReceiver({
      line: options.line,
      timers: options.timers,
      ackMs: options.timings.messageAckMs,
      isWanted: () => this.#hasAsked || this.handler !== undefined || this.subscriptions.size > 0,
      takeAnswer: (message) => this.#takeAnswer(message),
      handle: (message) => this.#handle(message),
      onError: options.onError,
    });
  }

  /**
   * Asks one agent and waits for its reply.
   * @throws {@link MusterError} REPLY_TIMEOUT when none came in time, REPLY_FAILED with what the other one's handler threw,
   * INVALID_OPTION for a `timeoutMs` that is no time.
   */
  async request(
    to: string,
    content: unknown,
    { timeoutMs = 30_000, ...options }: RequestMessageOptions = {},
  ): Promise<Json> {
    checkDuration('timeoutMs', timeoutMs);
    const id = options.id ?? randomUUID();
    const { timers } = this.#options;
    const isFirst = !this.#hasAsked;
    this.#hasAsked = true;
    if (isFirst && this.#options.isUp()) this.#receiver.catchUp();
    let callOff = (): void => undefined;
    const reply = new Promise<Message>((resolve, reject) => {
      this.#waiting.set(id, { resolve });
      callOff = timers.after(timeoutMs, () => {
        reject(
          new MusterError(`${to} did not reply within ${timeoutMs} ms`, { code: 'REPLY_TIMEOUT', retryable: true }),
        );
      });
    });
    try {
      const ttlSeconds = Math.max(1, Math.ceil(timeoutMs / 1000));
      const sent = this.hand({ ...options, id, mode: 'request', to, ttlSeconds }, content);
      // The reply may be here before the platform's answer.
      const [{ content: replied }] = await Promise.all([reply, sent]);
      return await this.#readReply(replied);
    } finally {
      callOff();
      this.#waiting.delete(id);
    }
  }

  override onMessage(handler: MessageHandler): this {
    const isFirst = this.handler === undefined;
    super.onMessage(handler);
    if (isFirst && this.#options.isUp()) this.#receiver.catchUp();
    return this;
  }

  /**
   * Subscribes the agent to topics: `*` stands for one word, `#` for any number of them. It stays subscribed until
   * {@link unsubscribe}, also while it is away; a new process says again what deals with the messages. A message goes to the
   * handler of every subscription whose pattern and `where` fit it, one after the other, as they were subscribed.
   */
  async subscribe(
    pattern: string,
    handler: MessageHandler,
    { where }: { readonly where?: ContentFilter } = {},
  ): Promise<void> {
    this.subscriptions.set(pattern, handler, where);
    await this.#options.line.request('topic.join', { pattern, ...(where === undefined ? {} : { where }) });
    if (this.#options.isUp()) this.#receiver.catchUp();
  }

  /** Ends a subscription of the agent. */
  async unsubscribe(pattern: string): Promise<void> {
    await this.#options.line.request('topic.leave', { pattern });
    this.subscriptions.delete(pattern);
  }

  /** Makes the agent a member of a group until it leaves. */
  async join(group: string): Promise<void> {
    await this.#options.line.request('group.join', { name: group });
  }

  /** Ends a membership. */
  async leave(group: string): Promise<void> {
    await this.#options.line.request('group.leave', { name: group });
  }

  /** Another connection is coming. @internal */
  hold(): void {
    this.#receiver.hold();
  }

  /** A connection is in use. @internal */
  connected(): void {
    this.#receiver.catchUp();
  }

  /** Takes an envelope if it is one of these. @internal */
  take({ type, payload }: PlatformEnvelope): boolean {
    if (type !== 'message') return false;
    const mail = platformFrames.message.safeParse(payload);
    if (mail.success) this.#receiver.push(mail.data);
    return true;
  }

  /** Resolves when nothing is under way any more. @internal */
  async settle(): Promise<void> {
    await this.#receiver.settle();
    await this.#sender.settle();
    // A frame that was refused has given back what it took along.
    await this.#receiver.settle();
  }

  protected override async hand(message: AddressedMessage, content: unknown): Promise<SentMessage> {
    const { line, timers, random } = this.#options;
    const { text, bytes } = encodeContent(content);
    const stowed =
      bytes <= line.inlineBytes
        ? Promise.resolve(parseJson(text))
        : stowOver(line, content, 'content', { timers, random });
    return this.#sender.send({ message: { ...message, id: message.id ?? randomUUID() }, content: stowed }, bytes);
  }

  #takeAnswer(message: Message): boolean {
    const waiting = message.mode === 'reply' ? this.#waiting.get(message.correlationId ?? '') : undefined;
    waiting?.resolve(message);
    return waiting !== undefined;
  }

  async #readReply(content: Json): Promise<Json> {
    const { timers, random } = this.#options;
    const opened = await openPayload(content, { timers, random });
    if (typeof opened !== 'object' || opened === null || Array.isArray(opened) || !(failureName in opened))
      return opened;
    const reason = opened[failureName];
    throw new MusterError(typeof reason === 'string' ? reason : 'No reason was given', { code: 'REPLY_FAILED' });
  }

  async #handle(message: Message): Promise<Handled> {
    // Whoever waited for it has given up.
    if (message.mode === 'reply' && this.#hasAsked && this.handler === undefined) return 'done';
    const { mode, topic = '', content: sent } = message;
    const handlers = this.handlersFor(mode === 'publish' ? topic : undefined, sent);
    if (handlers.length === 0) return 'unwanted';
    const opened = await this.#open(sent);
    if (opened === undefined) return 'later';
    for (const handler of handlers) {
      const answer = await this.#call(handler, { ...message, ...opened });
      if (message.mode === 'request') await this.#reply(message, answer);
    }
    return 'done';
  }

  /** A content that travels beside its message; `undefined` when it cannot be had now, which is reported. */
  async #open(sent: Json): Promise<{ readonly content: Json } | undefined> {
    const { timers, random, onError } = this.#options;
    try {
      return { content: await openPayload(sent, { timers, random }) };
    } catch (error) {
      if (!(error instanceof MusterError) || !error.retryable) throw error;
      onError(error);
      return undefined;
    }
  }

  /** What a handler throws is reported, and keeps the message from no other. */
  async #call(handler: MessageHandler, message: Message): Promise<unknown> {
    try {
      return await handler(message);
    } catch (error) {
      this.#options.onError(toError(error));
      return { [failureName]: toError(error).message };
    }
  }

  /** Under an id of its own that follows from the request's: a repeat of the request is not replied to twice. */
  async #reply({ id, from, conversationId }: Message, content: unknown): Promise<void> {
    const reply = { id: `re:${id}`.slice(0, idLength), mode: 'reply', to: from, correlationId: id } as const;
    await this.hand({ ...reply, ...(conversationId === undefined ? {} : { conversationId }) }, content ?? null);
  }
}
