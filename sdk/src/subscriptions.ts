import { isWanted } from '../../core/contract/content-filter.ts';
import type { Json } from '../../core/contract/json.ts';
import type { ContentFilter, Message } from '../../core/contract/messaging.ts';
import { matchesTopic } from '../../core/contract/topics.ts';
import { MusterError } from './errors.ts';

/**
 * Deals with a message. What it returns for a request is the reply; what it throws is the reply's error, and is reported.
 * Messages of one sender come one after the other, in the order in which they were sent.
 */
export type MessageHandler = (message: Message) => unknown;

interface Subscription {
  readonly handler: MessageHandler;
  readonly where: ContentFilter;
}

/** @throws {@link MusterError} INVALID_OPTION for what cannot be called: the first message would be lost on it. */
export const checkHandler = (handler: unknown): void => {
  if (typeof handler === 'function') return;
  throw new MusterError('handler must be a function that takes a message', {
    code: 'INVALID_OPTION',
    field: 'handler',
  });
};

/** What a process has subscribed to, and what deals with it: one handler for each pattern. */
export class Subscriptions {
  readonly #all = new Map<string, Subscription>();

  get size(): number {
    return this.#all.size;
  }

  set(pattern: string, handler: MessageHandler, where: ContentFilter = {}): void {
    checkHandler(handler);
    this.#all.set(pattern, { handler, where });
  }

  delete(pattern: string): void {
    this.#all.delete(pattern);
  }

  /**
   * The handlers of all that a message is for, in the order in which they were subscribed. The platform sends an agent the
   * message once if any of its subscriptions fits, and says not which: the rule here is its own, of the content as it travels.
   */
  handlersOf(topic: string, content: Json): readonly MessageHandler[] {
    return [...this.#all].flatMap(([pattern, { handler, where }]) =>
      matchesTopic(pattern, topic) && isWanted(where, content) ? [handler] : [],
    );
  }
}
