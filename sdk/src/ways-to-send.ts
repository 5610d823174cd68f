import type { Json } from '../../core/contract/json.ts';
import type { AudienceFilter, OutgoingMessageInput, SentMessage } from '../../core/contract/messaging.ts';
import { MusterError } from './errors.ts';
import { type Encoded, encodeJson } from './json.ts';
import { checkHandler, type MessageHandler, Subscriptions } from './subscriptions.ts';

/** Of every message. */
export type MessageOptions = Pick<
  OutgoingMessageInput,
  'ttlSeconds' | 'conversationId' | 'parentId' | 'priority' | 'intent' | 'evidence'
> & {
  /** Names the message; a fresh one when left out. What comes twice under one id has its effect once. */
  readonly id?: string;
};

/** A message as it is addressed, before it has its content, and a name if its author gave it none. */
export type AddressedMessage = Omit<OutgoingMessageInput, 'content' | 'id'> & { readonly id?: string };

/** A content as it travels. @throws {@link MusterError} INVALID_FIELD when it is missing or not JSON. */
export const encodeContent = (content: unknown): Encoded => {
  if (content !== undefined) return encodeJson(content, 'content');
  throw new MusterError('content is missing: a message without any has null', {
    code: 'INVALID_FIELD',
    field: 'content',
  });
};

/** How messages are addressed, and what takes those that come: alike on a platform and in tests. */
export abstract class WaysToSend {
  protected readonly subscriptions = new Subscriptions();
  protected handler: MessageHandler | undefined;

  /**
   * Sends to one agent, by its id or name. Resolves when the message is in its mailbox.
   * @throws {@link MusterError} INVALID_FIELD for a content that is missing or not JSON; with the platform's code when refused.
   */
  send(to: string, content: unknown, options: MessageOptions = {}): Promise<SentMessage> {
    return this.hand({ ...options, mode: 'direct', to }, content);
  }

  /** Sends to every agent, or to those that meet a filter. */
  broadcast(
    content: unknown,
    { filter, ...options }: MessageOptions & { readonly filter?: AudienceFilter } = {},
  ): Promise<SentMessage> {
    return this.hand({ ...options, mode: 'broadcast', ...(filter === undefined ? {} : { filter }) }, content);
  }

  /** Sends to the members of a group. */
  multicast(group: string, content: unknown, options: MessageOptions = {}): Promise<SentMessage> {
    return this.hand({ ...options, mode: 'multicast', group }, content);
  }

  /** Sends to whoever subscribes to a topic. */
  publish(topic: string, content: unknown, options: MessageOptions = {}): Promise<SentMessage> {
    return this.hand({ ...options, mode: 'publish', topic }, content);
  }

  /**
   * Sets what deals with messages that no subscription of this process takes.
   * @throws {@link MusterError} INVALID_OPTION for what is no function.
   */
  onMessage(handler: MessageHandler): this {
    checkHandler(handler);
    this.handler = handler;
    return this;
  }

  /** Hands in a message that is addressed. */
  protected abstract hand(message: AddressedMessage, content: unknown): Promise<SentMessage>;

  /** Whatever a message is for: of one that is published, each subscription that fits it, or else what takes the others. */
  protected handlersFor(topic: string | undefined, content: Json): readonly MessageHandler[] {
    const subscribed = topic === undefined ? [] : this.subscriptions.handlersOf(topic, content);
    return subscribed.length > 0 || this.handler === undefined ? subscribed : [this.handler];
  }
}
