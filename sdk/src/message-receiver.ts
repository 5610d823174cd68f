import { jsonBytes } from '../../core/contract/json.ts';
import type { Mail, Message } from '../../core/contract/messaging.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import { MusterError, toError } from './errors.ts';
import type { TaskLine } from './task-runner.ts';
import type { Timers } from './timers.ts';

/** What became of a message. `unwanted`: nobody listens for it. `later`: it could not be opened now. */
export type Handled = 'done' | 'unwanted' | 'later';

/** What a receiver needs of its surroundings. */
export interface ReceiverOptions {
  readonly line: TaskLine;
  readonly timers: Timers;
  readonly ackMs: number;
  /** Whether anybody waits for messages: without, what waits stays with the platform. */
  readonly isWanted: () => boolean;
  /** Takes a message at once, whatever else of its sender is under way: an answer that somebody waits for. */
  readonly takeAnswer: (message: Message) => boolean;
  /** Deals with a message. Those of one sender come one after the other. */
  readonly handle: (message: Message) => Promise<Handled>;
  readonly onError: (error: Error) => void;
}

/** Messages remembered as dealt with: far more than can be under way again. */
const rememberedMessages = 10_000;
const refsPerAck = 50;
/** What could not be asked for now is asked for again after this: until then nothing that is pushed is taken. */
const pullAgainMs = 10_000;
/** How often a message that cannot be opened is asked for: then it is given up, and those behind it are dealt with. */
const mostOpens = 6;

/**
 * Takes what the platform delivers, each message once and those of one sender in their order. After every connect it asks
 * for what waits, and holds back what is pushed meanwhile: that was sent later. What was dealt with is acknowledged.
 */
export class MessageReceiver {
  readonly #options: ReceiverOptions;
  /** Whether a message is being dealt with, or has been; the oldest are forgotten first. */
  readonly #known = new Map<string, 'open' | 'done'>();
  /** The last of each sender that is at work. */
  readonly #lanes = new Map<string, Promise<void>>();
  #refs: string[] = [];
  #callOffAck: (() => void) | undefined;
  /** Acknowledgements have been gathered for a while: the next frame takes them along, or one of their own goes. */
  #isDue = false;
  #held: Mail[] = [];
  #isHolding = true;
  #pull: AbortController | undefined;
  #callOffPull: (() => void) | undefined;
  /** Senders of what could not be opened: what comes behind it waits as well, with the platform. */
  readonly #paused = new Set<string>();
  readonly #opens = new Map<string, number>();
  #acks: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Another connection is coming: what it brings first may be later than what waits. */
  hold(): void {
    this.#forgetPull();
    this.#isHolding = true;
  }

  /** A connection is in use, or somebody has begun to listen: what waits comes first. */
  catchUp(): void {
    this.#forgetPull();
    this.#paused.clear();
    this.#pull?.abort();
    this.#isHolding = true;
    if (!this.#options.isWanted()) return this.#release();
    const pull = new AbortController();
    this.#pull = pull;
    this.#pullAll(pull.signal).then(
      () => this.#release(),
      (error: unknown) => {
        if (pull.signal.aborted) return;
        this.#options.onError(toError(error));
        if (error instanceof MusterError && error.retryable) this.#pullLater();
      },
    );
  }

  /** Takes a mail that was pushed. */
  push(mail: Mail): void {
    if (this.#isHolding) this.#held.push(mail);
    else this.#take(mail);
  }

  /** What has been dealt with for long enough to be acknowledged, for a frame that has room for so many bytes of it. */
  takeRefs(room: number): readonly string[] {
    if (!this.#isDue) return [];
    const count = countFitting(this.#refs, room);
    // What finds no room waits on for a frame of its own.
    if (count === this.#refs.length) this.#callOff();
    return this.#refs.splice(0, count);
  }

  /** Takes back what a frame took along that was refused: it waits again, for another frame or one of its own. */
  returnRefs(refs: readonly string[]): void {
    for (const ref of refs) this.#done(ref);
  }

  /** Resolves when what was taken is dealt with, and the platform knows it. */
  async settle(): Promise<void> {
    this.hold();
    await Promise.all(this.#lanes.values());
    this.#acknowledge();
    await this.#acks;
  }

  #pullLater(): void {
    this.#callOffPull ??= this.#options.timers.after(pullAgainMs, () => this.catchUp());
  }

  #forgetPull(): void {
    this.#callOffPull?.();
    this.#callOffPull = undefined;
  }

  async #pullAll(signal: AbortSignal): Promise<void> {
    let after: string | undefined;
    do {
      const asked = after === undefined ? {} : { after };
      const answer = await this.#options.line.request('message.pull', asked, { answer: 'message.pulled', signal });
      const page = platformFrames['message.pulled'].parse(answer.payload);
      if (signal.aborted) return;
      page.mail.forEach((mail) => this.#take(mail));
      ({ after } = page);
    } while (after !== undefined);
  }

  #release(): void {
    this.#isHolding = false;
    for (const mail of this.#held.splice(0)) this.#take(mail);
  }

  #take({ ref, messages }: Mail): void {
    const fresh = messages.filter((message) => !this.#known.has(nameOf(message)));
    if (fresh.length === 0) {
      // Dealt with before: the acknowledgement got lost, or the sender repeated itself.
      if (messages.every((message) => this.#known.get(nameOf(message)) === 'done')) this.#done(ref);
      return;
    }
    fresh.forEach((message) => this.#remember(message, 'open'));
    const others = fresh.filter((message) => !this.#takeAnswer(message));
    const from = others[0]?.from;
    if (from === undefined) return this.#done(ref);
    const before = this.#lanes.get(from) ?? Promise.resolve();
    const lane = before.then(() => this.#work(ref, from, others));
    this.#lanes.set(from, lane);
    void lane.then(() => {
      if (this.#lanes.get(from) === lane) this.#lanes.delete(from);
    });
  }

  #takeAnswer(message: Message): boolean {
    const isTaken = this.#options.takeAnswer(message);
    if (isTaken) this.#remember(message, 'done');
    return isTaken;
  }

  async #work(ref: string, from: string, messages: readonly Message[]): Promise<void> {
    let isAllDone = true;
    for (const [index, message] of messages.entries()) {
      const handled = this.#paused.has(from) ? 'later' : await this.#handle(message);
      if (handled === 'later') return this.#pause(from, messages.slice(index));
      if (handled === 'done') this.#remember(message, 'done');
      else this.#known.delete(nameOf(message));
      isAllDone &&= handled === 'done';
    }
    if (isAllDone) this.#done(ref);
  }

  /** None of these is acknowledged: they come again, in their order, and with new addresses of what they carry. */
  #pause(from: string, messages: readonly Message[]): void {
    this.#paused.add(from);
    for (const message of messages) this.#known.delete(nameOf(message));
    this.#pullLater();
  }

  /** A handler that throws has dealt with its message all the same: it would throw again. */
  async #handle(message: Message): Promise<Handled> {
    const name = nameOf(message);
    try {
      const handled = await this.#options.handle(message);
      const opens = (this.#opens.get(name) ?? 0) + 1;
      if (handled === 'later' && opens < mostOpens) this.#opens.set(name, opens);
      else this.#opens.delete(name);
      return handled === 'later' && opens >= mostOpens ? 'done' : handled;
    } catch (error) {
      this.#options.onError(toError(error));
      return 'done';
    }
  }

  #remember(message: Message, state: 'open' | 'done'): void {
    this.#known.set(nameOf(message), state);
    const oldest = this.#known.size > rememberedMessages ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #done(ref: string): void {
    const { timers, ackMs } = this.#options;
    this.#refs.push(ref);
    if (this.#refs.length >= refsPerAck) this.#acknowledge();
    else
      this.#callOffAck ??= timers.after(ackMs, () => {
        this.#isDue = true;
        this.#callOffAck = timers.after(ackMs, () => this.#acknowledge());
      });
  }

  #callOff(): void {
    this.#callOffAck?.();
    this.#callOffAck = undefined;
    this.#isDue = false;
  }

  #acknowledge(): void {
    this.#callOff();
    const refs = this.#refs.splice(0);
    if (refs.length === 0) return;
    const ack = this.#options.line.request('message.ack', { refs }).catch(() => {
      // It comes again after the next connect, and is acknowledged again.
    });
    this.#acks = Promise.all([this.#acks, ack]);
  }
}

/** How many of the first names a list of so many bytes has. */
const countFitting = (refs: readonly string[], room: number): number => {
  let bytes = jsonBytes({ acks: [] });
  const tooMany = refs.findIndex((ref) => {
    bytes += jsonBytes(ref) + 1;
    return bytes > room;
  });
  return tooMany === -1 ? refs.length : tooMany;
};

/** Ids are their senders' own. */
const nameOf = ({ from, id }: Message): string => `${from} ${id}`;
