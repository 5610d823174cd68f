import { randomUUID } from 'node:crypto';
import type { Encoding } from '../../core/contract/address.ts';
import type { ClientFrameInput, ClientFrameType } from '../../core/contract/client-frames.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { limits } from '../../core/contract/limits.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import { backoffMs } from './backoff.ts';
import { Connection } from './connection.ts';
import { AuthenticationError, MusterError, toError } from './errors.ts';
import type { OutgoingFrame } from './frames.ts';
import { type Expected, Outbox } from './outbox.ts';
import type { Timers } from './timers.ts';

/** Time limits of a link, in milliseconds; each has a default. */
export interface LinkTimings {
  /** Longest wait before a reconnect. */
  readonly reconnectCapMs: number;
  /** Frames without an answer are sent again after this. */
  readonly resendMs: number;
  /** Between pings: well under the ten idle minutes after which the gateway closes. */
  readonly pingMs: number;
  /** A new socket takes over somewhere between these ages: the gateway ends each at two hours. */
  readonly rolloverFromMs: number;
  readonly rolloverToMs: number;
  /** How long a registration may take. */
  readonly introduceMs: number;
}

/** What a connection uses unless it is told otherwise. */
export const linkTimings: LinkTimings = {
  reconnectCapMs: 10_000,
  resendMs: 10_000,
  pingMs: 4 * 60_000,
  rolloverFromMs: 90 * 60_000,
  rolloverToMs: 110 * 60_000,
  introduceMs: 15_000,
};

/** What a link needs and whom it tells. */
export interface LinkOptions {
  readonly url: string;
  readonly apiKey: string;
  /** How frames are written. @default 'json' */
  readonly encoding?: Encoding | undefined;
  readonly timers: Timers;
  readonly random: () => number;
  readonly timings: LinkTimings;
  /** The first frame on every new connection and the type of its answer, when there must be one. */
  readonly introduction?: () => { readonly frame: OutgoingFrame; readonly answer: string };
  readonly onEnvelope: (envelope: PlatformEnvelope) => void;
  /** A connection is in use; what was unanswered has been sent again. */
  readonly onUp: () => void;
  readonly onDown: (reason: string) => void;
  /** No connection came about; the next try comes by itself. */
  readonly onRetry: (error: Error) => void;
  /** The link has stopped for good. */
  readonly onFatal: (error: Error) => void;
}

interface Introduction {
  readonly connection: Connection;
  readonly id: string;
  readonly answer: string;
  readonly resolve: (envelope: PlatformEnvelope) => void;
  readonly reject: (error: Error) => void;
}

/** Of {@link Link.request}. */
export interface RequestOptions extends Expected {
  /** The frame's id; a fresh one when left out. */
  readonly id?: string | undefined;
  /** A result that is a vote. */
  readonly isVote?: boolean;
  /** The trace that the frame belongs to. */
  readonly traceparent?: string | undefined;
}

/** First retry within a second. */
const reconnectBaseMs = 1000;

/**
 * An authenticated line to the platform that stays: reconnects with jitter, replaces its socket before the gateway ends
 * it, and sends what was not answered again.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #outbox: Outbox;
  #current: Connection | undefined;
  #candidate: Connection | undefined;
  #isConnecting = false;
  /** Why the socket in use closed while its successor was under way: news only when that one fails. */
  #untold: string | undefined;
  #introduction: Introduction | undefined;
  #isStopped = false;
  #retries = 0;
  #callOffReconnect: () => void = () => undefined;
  #callOffRollover: () => void = () => undefined;
  #callOffTerminate: () => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      timers: options.timers,
      random: options.random,
      resendMs: options.timings.resendMs,
      encoding: options.encoding ?? 'json',
      send: (frame) => this.#current?.send(frame) ?? false,
    });
  }

  get isUp(): boolean {
    return this.#current?.isOpen === true;
  }

  /** A payload above this must be stowed before it is sent. */
  get inlineBytes(): number {
    return this.#options.encoding === 'binary' ? limits.inlineBinaryBytes : limits.inlinePayloadBytes;
  }

  /** Whether everything that needs an answer has one. */
  get isSettled(): boolean {
    return this.#outbox.isEmpty;
  }

  /** Begins to connect. */
  start(): void {
    void this.#connect();
  }

  /** Sends a frame until it is answered, over as many connections as it takes. @see {@link Outbox.request} */
  request<Type extends ClientFrameType>(
    type: Type,
    payload: ClientFrameInput<Type>,
    { id = randomUUID(), isVote = false, traceparent, ...expected }: RequestOptions = {},
  ): Promise<PlatformEnvelope> {
    if (this.#isStopped) return Promise.reject(stopped());
    // Results are acknowledged anyway; what has an answer of its own needs no second one.
    const asks = expected.answer === undefined && type !== 'task.result';
    return this.#outbox.request(
      { id, type, payload, traceparent, ...(asks ? { ack: true } : {}), ...(isVote ? { isVote } : {}) },
      expected,
    );
  }

  /** Sends a frame once, if connected: for what is soon out of date. @throws {@link PayloadTooLargeError} */
  post<Type extends ClientFrameType>(type: Type, payload: ClientFrameInput<Type>): boolean {
    return this.#current?.send({ id: randomUUID(), type, payload }) ?? false;
  }

  /** Ends the link. What is unanswered is rejected. */
  stop(error: Error = stopped()): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#callOffReconnect();
    this.#callOffRollover();
    this.#introduction?.reject(error);
    this.#outbox.rejectAll(error);
    this.#candidate?.terminate();
    this.#current?.close();
    // A peer that does not answer the close must not keep the process.
    const last = this.#current;
    if (last !== undefined) this.#callOffTerminate = this.#options.timers.after(1000, () => last.terminate());
  }

  /** Opens the next socket now and moves over. */
  rollOver(): void {
    this.#callOffRollover();
    if (!this.#isStopped) void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    try {
      const connection = await this.#establish();
      this.#isConnecting = false;
      this.#adopt(connection);
    } catch (thrown) {
      this.#isConnecting = false;
      this.#candidate = undefined;
      if (this.#isStopped) return;
      this.#tellDown();
      const error = toError(thrown);
      if (isFatal(error)) return this.#fail(error);
      this.#options.onRetry(error);
      this.#reconnectLater();
    }
  }

  async #establish(): Promise<Connection> {
    const { url, apiKey, encoding = 'json', timers, timings, introduction } = this.#options;
    const listener = {
      onEnvelope: (envelope: PlatformEnvelope, from: Connection) => this.#receive(envelope, from),
      onGatewayError: (_message: string, from: Connection) => this.#gatewayFailed(from),
      onClose: (reason: string, from: Connection) => this.#closed(reason, from),
    };
    const connection = await Connection.open({ url, apiKey, encoding, timers, pingMs: timings.pingMs, listener });
    this.#candidate = connection;
    if (this.#isStopped) {
      connection.terminate();
      throw stopped();
    }
    if (introduction !== undefined) await this.#introduce(connection, introduction());
    return connection;
  }

  async #introduce(
    connection: Connection,
    { frame, answer }: { readonly frame: OutgoingFrame; readonly answer: string },
  ): Promise<void> {
    const { timers, timings } = this.#options;
    const unanswered = new MusterError(`No answer to ${frame.type}`, { code: 'UNAVAILABLE', retryable: true });
    let callOff = (): void => undefined;
    try {
      await new Promise((resolve, reject) => {
        this.#introduction = { connection, id: frame.id, answer, resolve, reject };
        callOff = timers.after(timings.introduceMs, () => reject(unanswered));
        if (!connection.send(frame)) reject(unanswered);
      });
    } catch (error) {
      connection.terminate();
      throw error;
    } finally {
      callOff();
      this.#introduction = undefined;
    }
  }

  #adopt(connection: Connection): void {
    this.#candidate = undefined;
    if (!connection.isOpen) {
      this.#tellDown();
      return this.#reconnectLater();
    }
    this.#untold = undefined;
    const old = this.#current;
    this.#current = connection;
    this.#retries = 0;
    old?.close();
    const { timers, timings, random, onUp } = this.#options;
    const age = timings.rolloverFromMs + random() * (timings.rolloverToMs - timings.rolloverFromMs);
    this.#callOffRollover();
    this.#callOffRollover = timers.after(age, () => this.rollOver());
    this.#outbox.resendAll();
    onUp();
    return undefined;
  }

  #receive(envelope: PlatformEnvelope, from: Connection): void {
    if (this.#isStopped) return;
    if (this.#introduction?.connection === from) this.#answerIntroduction(this.#introduction, envelope);
    const outcome = this.#outbox.settle(envelope);
    // An error of the old socket during a rollover is no news of the new one.
    if (outcome === 'connection-lost' && from === this.#current && !this.#isConnecting) return from.terminate();
    if (envelope.type === 'agent.replaced') return this.#replaced(from);
    return this.#options.onEnvelope(envelope);
  }

  #answerIntroduction({ id, answer, resolve, reject }: Introduction, envelope: PlatformEnvelope): void {
    if (envelope.type === answer) return resolve(envelope);
    if (envelope.type !== 'error') return undefined;
    const error = readError(envelope);
    return error?.id === id ? reject(error.error) : undefined;
  }

  /** Taken over, unless it is this link that takes over with its next socket. */
  #replaced(from: Connection): void {
    if (from !== this.#current || this.#isConnecting) return;
    const message = 'Another process connected as this agent; this one stops';
    this.#fail(new MusterError(message, { code: 'AGENT_REPLACED' }));
  }

  #gatewayFailed(from: Connection): void {
    if (this.#introduction?.connection === from) {
      const message = 'The gateway failed at the registration';
      this.#introduction.reject(new MusterError(message, { code: 'UNAVAILABLE', retryable: true }));
    } else this.#outbox.resendSoon();
  }

  #closed(reason: string, connection: Connection): void {
    if (this.#introduction?.connection === connection)
      this.#introduction.reject(new MusterError(`The connection ${reason}`, { code: 'UNAVAILABLE', retryable: true }));
    if (this.#current !== connection) return undefined;
    this.#current = undefined;
    this.#callOffRollover();
    if (this.#isStopped) return this.#callOffTerminate();
    if (this.#isConnecting) this.#untold = reason;
    else {
      this.#options.onDown(reason);
      this.#reconnectLater();
    }
    return undefined;
  }

  #tellDown(): void {
    if (this.#untold !== undefined) this.#options.onDown(this.#untold);
    this.#untold = undefined;
  }

  #reconnectLater(): void {
    const { timers, timings, random } = this.#options;
    const wait = backoffMs(this.#retries, { baseMs: reconnectBaseMs, capMs: timings.reconnectCapMs }, random);
    this.#retries += 1;
    this.#callOffReconnect();
    this.#callOffReconnect = timers.after(wait, () => void this.#connect());
  }

  #fail(error: Error): void {
    this.stop(error);
    this.#options.onFatal(error);
  }
}

const readError = (
  envelope: PlatformEnvelope,
): { readonly id: string | null; readonly error: MusterError } | undefined => {
  const parsed = platformFrames.error.safeParse(envelope.payload);
  if (!parsed.success) return undefined;
  const { id, message, ...details } = parsed.data;
  return { id, error: new MusterError(message, details) };
};

const stopped = (): MusterError => new MusterError('The connection was stopped', { code: 'STOPPED' });

/** Errors that the next attempt would meet again. */
const isFatal = (error: Error): boolean =>
  error instanceof AuthenticationError ||
  (error instanceof MusterError && !error.retryable) ||
  error instanceof SyntaxError;
