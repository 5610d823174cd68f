import type { Encoding } from '../../core/contract/address.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import { Link, type LinkTimings } from './link.ts';
import { Submissions } from './submissions.ts';
import type { Timers } from './timers.ts';
import type { EventSource, MusterEvent } from './watch.ts';

/** One thing to watch. */
export type WatchTopic = { readonly runId: string } | { readonly taskId: string } | { readonly agentId: string };

/** How a client's socket is opened. */
export interface ClientSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly encoding?: Encoding | undefined;
  readonly timers: Timers;
  readonly random: () => number;
  readonly timings: LinkTimings;
}

type Subscriber = { readonly onEvent: (event: MusterEvent) => void; readonly wake: () => void };

interface Watched {
  readonly topic: WatchTopic;
  readonly subscribers: Set<Subscriber>;
}

/** A client's one socket: shared by all watches and submissions, opened by the first, told again what to watch after a reconnect. */
export class ClientSocket {
  readonly link: Link;
  readonly submissions = new Submissions();
  readonly #watched = new Map<string, Watched>();
  readonly #upListeners = new Set<() => void>();
  #fatal: Error | undefined;

  constructor(options: ClientSocketOptions) {
    this.link = new Link({
      ...options,
      onEnvelope: (envelope) => {
        if (this.submissions.take(envelope) || envelope.type !== 'event') return;
        const event = platformFrames.event.safeParse(envelope.payload);
        if (event.success) this.#deliver(event.data);
      },
      onUp: () => this.#restore(),
      onDown: () => undefined,
      onRetry: () => undefined,
      onFatal: (error) => {
        this.#fatal = error;
        this.#wakeAll();
      },
    });
    this.link.start();
  }

  /** Why the socket ended for good, if it has. */
  get fatal(): Error | undefined {
    return this.#fatal;
  }

  /** Events of a topic for as long as somebody is subscribed. */
  events(topic: WatchTopic): EventSource {
    return { subscribe: (subscriber) => this.#subscribe(topic, subscriber) };
  }

  /** Calls something after each connect. */
  onUp(listener: () => void): () => void {
    this.#upListeners.add(listener);
    return () => this.#upListeners.delete(listener);
  }

  close(): void {
    this.link.stop();
  }

  #subscribe(topic: WatchTopic, subscriber: Subscriber): () => void {
    const key = Object.values(topic).join();
    const watched = this.#watched.get(key) ?? { topic, subscribers: new Set() };
    const isFirst = watched.subscribers.size === 0;
    watched.subscribers.add(subscriber);
    this.#watched.set(key, watched);
    if (isFirst && this.link.isUp) this.#watch(watched);
    return () => {
      watched.subscribers.delete(subscriber);
      if (watched.subscribers.size > 0) return;
      this.#watched.delete(key);
      this.link.post('unwatch', topic);
    };
  }

  #restore(): void {
    for (const watched of this.#watched.values()) this.#watch(watched);
    for (const listener of this.#upListeners) listener();
  }

  #watch(watched: Watched): void {
    // What happened before the platform knew of the watcher is in the snapshot that follows; a refusal leaves polling.
    const wake = (): void => watched.subscribers.forEach((subscriber) => subscriber.wake());
    this.link.request('watch', watched.topic).then(wake, wake);
  }

  #deliver(event: MusterEvent): void {
    for (const id of [event.runId, event.taskId, event.agentId])
      for (const subscriber of (id === undefined ? undefined : this.#watched.get(id))?.subscribers ?? [])
        subscriber.onEvent(event);
  }

  #wakeAll(): void {
    for (const { subscribers } of this.#watched.values()) for (const subscriber of subscribers) subscriber.wake();
  }
}
