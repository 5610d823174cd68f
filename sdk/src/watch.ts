import type { Json } from '../../core/contract/json.ts';
import type { PlatformFrame } from '../../core/contract/platform-frames.ts';
import type { Timers } from './timers.ts';
import { pause } from './timers.ts';

/** What happened to the subject, in order of `seq` of each task or run. Pushes are hints: some may be missing. */
export type MusterEvent = PlatformFrame<'event'>;

/** What a watch yields: the whole subject at first, after a reconnect, at times and at the end; events in between. */
export type WatchUpdate<View> =
  | { readonly kind: 'snapshot'; readonly view: View }
  | { readonly kind: 'event'; readonly event: MusterEvent };

/** Where a watch gets its events from; `wake` asks for a fresh snapshot. */
export interface EventSource {
  subscribe(listener: { readonly onEvent: (event: MusterEvent) => void; readonly wake: () => void }): () => void;
}

/** What a watch is of. */
export interface WatchOptions<View> {
  readonly read: () => Promise<View>;
  readonly isEnded: (view: View) => boolean;
  /** Whether an event says that the subject itself has ended. */
  readonly isEnd: (event: MusterEvent) => boolean;
  readonly source: EventSource;
  readonly timers: Timers;
  /** A snapshot at least this often: a lost push is noticed by then. */
  readonly pollMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a watch has heard and not told yet. */
class Inbox {
  readonly #options: Pick<WatchOptions<unknown>, 'isEnd' | 'timers' | 'pollMs'>;
  readonly #seen = new Map<string, number>();
  #events: MusterEvent[] = [];
  #isDue = true;
  #doorbell = new AbortController();

  constructor(options: Pick<WatchOptions<unknown>, 'isEnd' | 'timers' | 'pollMs'>) {
    this.#options = options;
  }

  readonly ring = (): void => this.#doorbell.abort();

  readonly wake = (): void => {
    this.#isDue = true;
    this.ring();
  };

  readonly onEvent = (event: MusterEvent): void => {
    if (!isNew(this.#seen, event)) return;
    this.#events.push(event);
    if (this.#options.isEnd(event)) this.#isDue = true;
    this.ring();
  };

  takeUpdates(): { readonly kind: 'event'; readonly event: MusterEvent }[] {
    const events = this.#events;
    this.#events = [];
    return events.map((event) => ({ kind: 'event', event }));
  }

  /** Whether a snapshot is to be read; asked once. */
  takeDue(): boolean {
    const isDue = this.#isDue;
    this.#isDue = false;
    return isDue;
  }

  /** Until there is an event, or a snapshot is due. */
  async wait(): Promise<void> {
    if (this.#events.length > 0 || this.#isDue) return;
    const { timers, pollMs } = this.#options;
    this.#doorbell = new AbortController();
    const stopPoll = timers.after(pollMs, this.wake);
    await pause(timers, pollMs, this.#doorbell.signal);
    stopPoll();
  }
}

/** Reads the subject and tells whether that is news. */
const createReader = <View>({ read, isEnded }: WatchOptions<View>) => {
  let last: string | undefined;
  return async (): Promise<{ readonly news: WatchUpdate<View>[]; readonly isOver: boolean }> => {
    const view = await read();
    const text = JSON.stringify(view, withoutAddress);
    const news: WatchUpdate<View>[] = text === last ? [] : [{ kind: 'snapshot', view }];
    last = text;
    return { news, isOver: isEnded(view) };
  };
};

/** Follows a subject to its end. A snapshot that says nothing new is not yielded. */
export async function* followSubject<View>(options: WatchOptions<View>): AsyncGenerator<WatchUpdate<View>, void> {
  const { source, signal } = options;
  const inbox = new Inbox(options);
  const readSubject = createReader(options);
  // Subscribed before the first snapshot is read: nothing falls between them.
  const unsubscribe = source.subscribe(inbox);
  signal?.addEventListener('abort', inbox.ring);
  try {
    for (;;) {
      signal?.throwIfAborted();
      yield* inbox.takeUpdates();
      const { news, isOver } = inbox.takeDue() ? await readSubject() : { news: [], isOver: false };
      // What was heard while the last snapshot was read still comes before it.
      if (isOver) yield* inbox.takeUpdates();
      yield* news;
      if (isOver) return;
      if (signal?.aborted !== true) await inbox.wait();
    }
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', inbox.ring);
  }
}

/** A claim check's address is signed anew for each reader; it is no news. */
const withoutAddress = (key: string, value: unknown): unknown =>
  key === 'url' && typeof value === 'string' && value.includes('X-Amz-') ? undefined : value;

const isNew = (seen: Map<string, number>, event: MusterEvent): boolean => {
  const subject = event.taskId ?? event.runId ?? event.agentId ?? '';
  const isStream = isChunk(event.data);
  if (!isStream && event.seq <= (seen.get(subject) ?? -1)) return false;
  seen.set(subject, Math.max(event.seq, seen.get(subject) ?? -1));
  return true;
};

/** Streamed chunks do not change their task: many share one `seq`. */
const isChunk = (data: Json): boolean => typeof data === 'object' && data !== null && 'chunk' in data;

/** The `status` in an event's data, when it has one. */
export const statusOf = (event: MusterEvent): string | undefined => {
  const { data } = event;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  return typeof data['status'] === 'string' ? data['status'] : undefined;
};
