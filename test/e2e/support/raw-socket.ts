import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { until } from './until.ts';

const Received = z.looseObject({
  type: z.string(),
  id: z.string(),
  correlationId: z.string().optional(),
  /** Read freely: each test says what it expects. */
  payload: z.record(z.string(), z.any()),
});
/** An envelope as it came. */
export type Received = z.infer<typeof Received>;

/** The gateway refused the handshake. */
export class HandshakeRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`handshake refused with ${status}`);
    this.status = status;
  }
}

/** Speaks envelopes by hand, so that a test can say what the SDK never would. */
export class RawSocket {
  /** Everything that came, in order. */
  readonly frames: Received[] = [];
  /** Text that was no envelope. */
  readonly others: string[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #unread: Received[] = [];
  #seq = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, 'close').then(([code]) => Number(code));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.#take(data.toString('utf8')));
  }

  /** @throws HandshakeRefused with the status. */
  static async open(url: string, apiKey: string | undefined): Promise<RawSocket> {
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const socket = new WebSocket(url, { headers });
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_request, response) => {
        response.destroy();
        reject(new HandshakeRefused(response.statusCode ?? 0));
      });
      socket.once('error', reject);
    });
    return raw;
  }

  #take(text: string): void {
    const parsed = Received.safeParse(JSON.parse(text));
    if (!parsed.success) return void this.others.push(text);
    this.frames.push(parsed.data);
    this.#unread.push(parsed.data);
  }

  /** Sends an envelope; returns its id. */
  send(type: string, payload: unknown, more: Record<string, unknown> = {}): string {
    this.#seq += 1;
    const id = typeof more['id'] === 'string' ? more['id'] : randomUUID();
    this.sendText(JSON.stringify({ v: 1, type, seq: this.#seq, ts: Date.now(), payload, ...more, id }));
    return id;
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** The first unread frame of this type that matches. */
  next(type: string, matches: (frame: Received) => boolean = () => true, timeoutMs = 15_000): Promise<Received> {
    return until(
      `frame ${type}`,
      () => {
        const index = this.#unread.findIndex((frame) => frame.type === type && matches(frame));
        return index < 0 ? undefined : this.#unread.splice(index, 1)[0];
      },
      { timeoutMs, everyMs: 5 },
    );
  }

  /** The unread frames of this type, which count as read from now on. */
  takeAll(type: string): readonly Received[] {
    const taken = this.#unread.filter((frame) => frame.type === type);
    const rest = this.#unread.filter((frame) => frame.type !== type);
    this.#unread.splice(0, this.#unread.length, ...rest);
    return taken;
  }

  /** Sends with `ack: true`; the answer is the acknowledgement or the refusal. */
  async ask(type: string, payload: unknown, more: Record<string, unknown> = {}): Promise<Received> {
    const id = this.send(type, payload, { ack: true, ...more });
    return this.answerTo(id);
  }

  /** The `ack` or `error` that answers a frame. */
  answerTo(id: string): Promise<Received> {
    return until(
      `answer to ${id}`,
      () => {
        const index = this.#unread.findIndex(
          ({ type, payload }) => (type === 'ack' || type === 'error') && payload['id'] === id,
        );
        return index < 0 ? undefined : this.#unread.splice(index, 1)[0];
      },
      { timeoutMs: 15_000, everyMs: 5 },
    );
  }

  /** Registers an agent; its id and epoch. */
  async register(agent: Record<string, unknown>): Promise<{ agentId: string; epoch: number }> {
    const id = this.send('agent.register', agent);
    const { payload } = await this.next('agent.registered', (frame) => frame.correlationId === id);
    return { agentId: String(payload['agentId']), epoch: Number(payload['epoch']) };
  }

  /** Gone without a close frame, as when a machine dies. */
  terminate(): void {
    this.#socket.terminate();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
