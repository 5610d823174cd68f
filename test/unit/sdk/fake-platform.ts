import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeBinary, encodeBinary } from '#core/contract/binary/binary-frame.ts';
import { clientFrames, isClientFrameType } from '#core/contract/client-frames.ts';
import { Envelope } from '#core/contract/envelope.ts';
import type { PlatformFrameType } from '#core/contract/platform-frames.ts';

export const agentId = 'agt_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
export const taskIds = [1, 2, 3].map((n) => `tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f9${n}`);
export const runId = 'run_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}
export type HttpAnswer = {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
};

/** One socket as the platform sees it. Frames that break the contract are violations. */
export class FakeConnection {
  readonly frames: Envelope[] = [];
  readonly headers: IncomingMessage['headers'];
  readonly closed: Promise<number>;
  pings = 0;
  /** What came, as it came. */
  readonly texts: string[] = [];
  readonly #socket: WebSocket;
  readonly #isBinary: boolean;
  #waiting: { type: string; resolve: (frame: Envelope) => void }[] = [];
  readonly #unread: Envelope[] = [];

  constructor(socket: WebSocket, request: IncomingMessage, platform: FakePlatform) {
    this.#socket = socket;
    this.headers = request.headers;
    this.#isBinary = request.url?.endsWith('?encoding=binary') === true;
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('ping', () => {
      this.pings += 1;
    });
    socket.on('message', (data: Buffer) => {
      this.texts.push(data.toString());
      const frame = readFrame(data, this.#isBinary, this.frames.length + 1, platform.violations);
      if (frame === undefined) return;
      this.frames.push(frame);
      platform.answer(frame, this);
      const index = this.#waiting.findIndex(({ type }) => type === frame.type);
      if (index === -1) this.#unread.push(frame);
      else this.#waiting.splice(index, 1)[0]?.resolve(frame);
    });
  }

  /** The next frame of a type that no other `next` has seen. */
  next(type: string): Promise<Envelope> {
    const index = this.#unread.findIndex((frame) => frame.type === type);
    const [frame] = index === -1 ? [] : this.#unread.splice(index, 1);
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => this.#waiting.push({ type, resolve }));
  }

  send(type: PlatformFrameType, payload: unknown, correlationId?: string): void {
    const ts = 1_800_000_000_000;
    const envelope = { v: 1, type, id: `p-${Math.random()}`, seq: 1, ts, payload, correlationId, newField: 1 };
    this.sendText(this.#isBinary ? encodeBinary(envelope) : JSON.stringify(envelope));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  ack(frame: Envelope): void {
    this.send('ack', { id: frame.id });
  }

  refuse(frame: Envelope, code: string, retryable = false): void {
    this.send('error', { id: frame.id, code, message: `refused: ${code}`, retryable });
  }

  assign(task: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): void {
    this.send('task.assigned', {
      task: { taskId: taskIds[0], kind: 'work', type: 'echo', input: null, priority: 'normal', ...task },
      attempt: 1,
      deadline: 1_800_000_900_000,
      idempotencyKey: 'key-1',
      ...rest,
    });
  }

  /** Reads nothing more, and so answers no ping. */
  freeze(): void {
    this.#socket.pause();
  }

  drop(): void {
    this.#socket.terminate();
  }
}

const readFrame = (data: Buffer, isBinary: boolean, seq: number, violations: string[]): Envelope | undefined => {
  if (data.byteLength > 32 * 1024) violations.push(`frame of ${data.byteLength} bytes`);
  const envelope = Envelope.safeParse(isBinary ? decodeBinary(data.toString()) : JSON.parse(data.toString()));
  if (!envelope.success) {
    violations.push(envelope.error.message);
    return undefined;
  }
  const { type, payload } = envelope.data;
  if (envelope.data.seq !== seq) violations.push(`${type} has seq ${envelope.data.seq}, not ${seq}`);
  const parsed = isClientFrameType(type) ? clientFrames[type].safeParse(payload) : undefined;
  if (parsed?.success !== true) violations.push(`${type}: ${parsed?.error.message ?? 'unknown type'}`);
  return envelope.data;
};

/** A platform that answers registrations and whatever the test adds. */
export class FakePlatform {
  readonly violations: string[] = [];
  readonly connections: FakeConnection[] = [];
  readonly calls: HttpCall[] = [];
  /** Status of the next handshakes; 101 when undefined. */
  handshakeStatus: number | undefined;
  handshakes = 0;
  heartbeatMs = 30_000;
  /** Frame types that are not answered by themselves. */
  readonly silentOn = new Set<string>();
  http: (call: HttpCall) => HttpAnswer = () => ({ status: 404 });
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #waiting: ((connection: FakeConnection) => void)[] = [];
  #taken = 0;

  private constructor() {
    this.#sockets = new WebSocketServer({ noServer: true });
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      this.handshakes += 1;
      const status = this.handshakeStatus;
      // Whoever is refused may hang up before it has read why.
      socket.on('error', () => undefined);
      if (status !== undefined) return socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new FakeConnection(webSocket, request, this);
        this.connections.push(connection);
        this.#hand();
      });
    });
  }

  static async start(): Promise<FakePlatform> {
    const platform = new FakePlatform();
    await new Promise<void>((resolve) => platform.#server.listen(0, '127.0.0.1', resolve));
    return platform;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The fake platform does not listen');
    return address.port;
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** The next connection that was not handed out yet. */
  connection(): Promise<FakeConnection> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#hand();
    });
  }

  answer(frame: Envelope, connection: FakeConnection): void {
    if (this.silentOn.has(frame.type)) return;
    if (frame.type === 'agent.register')
      connection.send(
        'agent.registered',
        {
          agentId,
          epoch: 1,
          heartbeatMs: this.heartbeatMs,
          limits: { frameBytes: 32768, inlinePayloadBytes: 24576, payloadBytes: 10_485_760 },
        },
        frame.id,
      );
    else if (frame.type === 'payload.prepare')
      connection.send(
        'payload.ready',
        {
          ref: 'acme/up',
          uploadUrl: `http://127.0.0.1:${this.port}/store/up`,
          headers: { 'x-sum': 'digest', 'content-length': '1' },
        },
        frame.id,
      );
    else if (frame.type === 'task.submit')
      connection.send('task.submitted', { taskId: taskIds[0], status: 'QUEUED' }, frame.id);
    else if (frame.ack === true || frame.type === 'task.result') connection.ack(frame);
  }

  /** @throws when a frame broke the contract. */
  async stop(): Promise<void> {
    for (const connection of this.connections) connection.drop();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.violations.length > 0) throw new Error(`Frames broke the contract: ${this.violations.join('; ')}`);
  }

  #hand(): void {
    while (this.#waiting.length > 0) {
      const connection = this.connections[this.#taken];
      if (connection === undefined) return;
      this.#taken += 1;
      this.#waiting.shift()?.(connection);
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    this.calls.push(call);
    const { status = 200, json, text, headers } = this.http(call);
    response.writeHead(status, headers).end(text ?? (json === undefined ? '' : JSON.stringify(json)));
  }
}
