import { WebSocket } from 'ws';
import type { Encoding } from '../../core/contract/address.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { AuthenticationError, MusterError } from './errors.ts';
import type { OutgoingFrame } from './frames.ts';
import { encodeFrame, readFrame } from './frames.ts';
import type { Timers } from './timers.ts';

/** What a connection tells its owner. */
export interface ConnectionListener {
  onEnvelope(envelope: PlatformEnvelope, connection: Connection): void;
  /** The gateway failed at some frame and does not say which. */
  onGatewayError(message: string, connection: Connection): void;
  onClose(reason: string, connection: Connection): void;
}

/** How to open a connection. */
export interface ConnectionOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly encoding: Encoding;
  readonly timers: Timers;
  /** Between pings. A peer that has answered pings before and misses one is taken for dead. */
  readonly pingMs: number;
  readonly listener: ConnectionListener;
}

/** One WebSocket from handshake to close. Counts its frames, keeps itself from idling, never reconnects. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  #seq = 0;
  #stopPings: () => void = () => undefined;
  #answersPings = false;
  #isPongDue = false;

  private constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { listener } = options;
    socket.on('message', (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data)) this.#receive(data.toString('utf8'));
    });
    socket.on('pong', () => {
      this.#answersPings = true;
      this.#isPongDue = false;
    });
    socket.on('close', (code, reason) => {
      this.#stopPings();
      listener.onClose(`closed with ${code}${reason.length > 0 ? `: ${reason.toString()}` : ''}`, this);
    });
  }

  /**
   * Opens a socket.
   * @throws {@link AuthenticationError} when the key is refused; a retryable {@link MusterError} when nobody answers.
   */
  static open(options: ConnectionOptions): Promise<Connection> {
    const { apiKey } = options;
    const url = addressOf(options);
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, {
        headers: { authorization: `Bearer ${apiKey}` },
        handshakeTimeout: 10_000,
        perMessageDeflate: false,
      });
      const connection = new Connection(socket, options);
      socket.once('open', () => {
        connection.#schedulePing();
        resolve(connection);
      });
      socket.on('unexpected-response', (request, response) => {
        const status = response.statusCode ?? 0;
        request.destroy();
        if (status === 401 || status === 403) return reject(new AuthenticationError(status, url));
        const message = `${url} answered the handshake with ${status}`;
        return reject(new MusterError(message, { code: 'UNAVAILABLE', retryable: true, status }));
      });
      socket.on('error', (cause) => {
        reject(new MusterError(`${url}: ${cause.message}`, { code: 'UNAVAILABLE', retryable: true, cause }));
      });
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends now; false when the socket is no longer open. @throws {@link PayloadTooLargeError} before sending anything. */
  send(frame: OutgoingFrame): boolean {
    if (!this.isOpen) return false;
    const { timers, encoding } = this.#options;
    const text = encodeFrame(frame, { seq: this.#seq + 1, ts: timers.now(), encoding });
    this.#seq += 1;
    this.#socket.send(text);
    return true;
  }

  /** Says goodbye; what was sent before still goes out. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Drops the socket without waiting for the peer. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    const frame = readFrame(text);
    const { listener } = this.#options;
    if (frame.kind === 'envelope') listener.onEnvelope(frame.envelope, this);
    if (frame.kind === 'gateway-error') listener.onGatewayError(frame.message, this);
  }

  #schedulePing(): void {
    const { timers, pingMs } = this.#options;
    this.#stopPings = timers.after(pingMs, () => {
      if (!this.isOpen) return;
      if (this.#isPongDue && this.#answersPings) return this.terminate();
      this.#isPongDue = true;
      this.#socket.ping();
      this.#schedulePing();
      return undefined;
    });
  }
}

const addressOf = ({ url, encoding }: ConnectionOptions): string => {
  if (encoding === 'json') return url;
  const address = new URL(url);
  address.searchParams.set('encoding', encoding);
  return address.href;
};
