import { isDeepStrictEqual } from 'node:util';
import type { Encoding } from '../../core/contract/address.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import { backoffMs } from './backoff.ts';
import { MusterError, toError } from './errors.ts';
import type { OutgoingFrame } from './frames.ts';
import { checkFrameSize } from './frames.ts';
import type { Timers } from './timers.ts';

/** What an outbox needs of its surroundings. */
export interface OutboxOptions {
  readonly timers: Timers;
  readonly random: () => number;
  /** A frame without an answer is sent again after this. */
  readonly resendMs: number;
  readonly encoding: Encoding;
  /** Sends now if connected; the outbox sends again when told to by `resendAll`. */
  readonly send: (frame: OutgoingFrame) => boolean;
}

/** Who waits for an answer. */
interface Waiter {
  readonly resolve: (answer: PlatformEnvelope) => void;
  readonly reject: (error: Error) => void;
}

interface Pending {
  readonly frame: OutgoingFrame;
  /** Who named the same frame waits for the same answer. */
  readonly waiters: Set<Waiter>;
  /** Type of the frame that answers it. */
  readonly answer: string;
  /** Type of the frame that does so too: the first sending asks for this one alone. */
  readonly outcome: string | undefined;
  refusals: number;
  isSent: boolean;
  callOff: () => void;
}

/** What an answer looks like. */
export interface Expected {
  /** Type of the frame that answers. @default 'ack' */
  readonly answer?: string | undefined;
  /**
   * Type of a later frame that says all that the answer would: the first sending does without the answer (`ack: false`),
   * which is asked for when nothing is heard.
   */
  readonly outcome?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A retryable refusal is retried this often, half a minute and more, before the caller hears of it. */
const maxRefusals = 10;

/** Codes that mean "this connection is not, or no longer, the agent's": the frame itself is fine. */
const connectionCodes: readonly string[] = ['NOT_REGISTERED', 'STALE_CONNECTION'];

/**
 * Frames that must be answered. Each is kept and sent again (same id, so a duplicate is harmless) after a silence, a
 * reconnect or an error of the gateway, until its `ack`, `error` or correlated answer comes.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /**
   * Sends a frame until it is answered. One that is under way already is not sent a second time: both wait for its answer.
   * @throws {@link PayloadTooLargeError} at once; {@link MusterError} with the platform's code when it is refused, also of a
   * frame whose id another one has that is under way; the signal's reason when it aborts.
   */
  request(frame: OutgoingFrame, { answer = 'ack', outcome, signal }: Expected = {}): Promise<PlatformEnvelope> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(toError(signal.reason));
      checkFrameSize(frame, this.#options.encoding);
      const known = this.#pending.get(frame.id);
      if (known !== undefined && !isSame(known.frame, frame)) return reject(mismatch());
      const abort = (): void => {
        this.#leave(frame.id, waiter);
        reject(toError(signal?.reason));
      };
      signal?.addEventListener('abort', abort, { once: true });
      const forget = (): void => signal?.removeEventListener('abort', abort);
      const waiter: Waiter = {
        resolve: (envelope) => {
          forget();
          resolve(envelope);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      if (known !== undefined) return this.#join(known, waiter, outcome);
      const waiters = new Set([waiter]);
      const pending: Pending = {
        frame,
        waiters,
        answer,
        outcome,
        refusals: 0,
        isSent: false,
        callOff: () => undefined,
      };
      this.#pending.set(frame.id, pending);
      return this.#transmit(pending);
    });
  }

  /** Sends everything unanswered again, oldest first. */
  resendAll(): void {
    for (const pending of this.#pending.values()) this.#transmit(pending);
  }

  /** As {@link resendAll}, spread over a second: the gateway has just said that it is in trouble. */
  resendSoon(): void {
    for (const pending of this.#pending.values()) this.#retry(pending, this.#options.random() * 1000);
  }

  /** Gives up on everything. */
  rejectAll(error: Error): void {
    for (const id of this.#pending.keys()) this.#take(id)?.waiters.forEach((waiter) => waiter.reject(error));
  }

  /**
   * Takes an envelope that may answer something here. `connection-lost`: the platform no longer takes the connection for
   * the agent's, and the frame waits for the next one.
   */
  settle(envelope: PlatformEnvelope): 'settled' | 'connection-lost' | 'unknown' {
    if (envelope.type === 'error') return this.#refuse(envelope);
    const ack = envelope.type === 'ack' ? platformFrames.ack.safeParse(envelope.payload) : undefined;
    const id = ack?.success === true ? ack.data.id : envelope.correlationId;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    // An `ack` does not stand for an answer that got lost: the frame is sent again, and answered again.
    if (pending === undefined || ![pending.answer, pending.outcome].includes(envelope.type)) return 'unknown';
    this.#take(pending.frame.id);
    for (const { resolve } of pending.waiters) resolve(envelope);
    return 'settled';
  }

  #refuse(envelope: PlatformEnvelope): 'settled' | 'connection-lost' | 'unknown' {
    const parsed = platformFrames.error.safeParse(envelope.payload);
    if (!parsed.success) return 'unknown';
    const { id, code, message, retryable, field, limit, retryAfterMs } = parsed.data;
    if (connectionCodes.includes(code)) return 'connection-lost';
    const pending = id === null ? undefined : this.#pending.get(id);
    if (pending === undefined) return 'unknown';
    pending.refusals += 1;
    if (retryable && pending.refusals <= maxRefusals) {
      const wait = backoffMs(pending.refusals, { baseMs: 500, capMs: 10_000 }, this.#options.random);
      this.#retry(pending, Math.max(wait, retryAfterMs ?? 0));
      return 'settled';
    }
    this.#take(pending.frame.id);
    const error = new MusterError(message, { code, retryable, field, limit, retryAfterMs });
    for (const { reject } of pending.waiters) reject(error);
    return 'settled';
  }

  #join(pending: Pending, waiter: Waiter, outcome: string | undefined): void {
    pending.waiters.add(waiter);
    // Who sent it first does without the answer; this one asks for it.
    const isToAsk = pending.outcome !== undefined && outcome === undefined;
    if (isToAsk) this.#transmit(pending);
  }

  /** A frame that nobody waits for any more is not sent again. */
  #leave(id: string, waiter: Waiter): void {
    const waiters = this.#pending.get(id)?.waiters;
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#take(id);
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    pending?.callOff();
    this.#pending.delete(id);
    return pending;
  }

  #transmit(pending: Pending): void {
    const { frame, outcome, isSent } = pending;
    const waits = outcome !== undefined && !isSent;
    if (this.#options.send(waits ? { ...frame, ack: false } : frame)) pending.isSent = true;
    this.#retry(pending, this.#options.resendMs);
  }

  #retry(pending: Pending, delayMs: number): void {
    pending.callOff();
    pending.callOff = this.#options.timers.after(delayMs, () => this.#transmit(pending));
  }
}

const isSame = (one: OutgoingFrame, other: OutgoingFrame): boolean =>
  one.type === other.type && isDeepStrictEqual(one.payload, other.payload);

const mismatch = (): MusterError =>
  new MusterError('Something else is under way under this name', { code: 'IDEMPOTENCY_MISMATCH' });
