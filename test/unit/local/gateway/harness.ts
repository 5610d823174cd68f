import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import * as z from 'zod';
import type { Clock, FunctionInvoker, InvokeResult } from '../../../../local/contract.ts';
import { createGateway, type Gateway } from '../../../../local/gateway/gateway.ts';
import type {
  GatewayOptions,
  HttpApiSpec,
  HttpRouteSpec,
  WebSocketApiSpec,
  WebSocketRouteSpec,
} from '../../../../local/gateway/spec.ts';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 2, 12, 19, 3, 58);
  readonly #timers = new Map<() => void, number>();
  now(): number {
    return this.#now;
  }
  after(delayMs: number, action: () => void): () => void {
    const timer = () => action();
    this.#timers.set(timer, this.#now + delayMs);
    return () => this.#timers.delete(timer);
  }
  /** Moves the time and fires what is due, in order. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (;;) {
      const due = [...this.#timers].filter(([, at]) => at <= until).toSorted(([, a], [, b]) => a - b)[0];
      if (due === undefined) break;
      this.#now = Math.max(this.#now, due[1]);
      this.#timers.delete(due[0]);
      due[0]();
    }
    this.#now = until;
  }
}

/** What the tests look at in any event of the gateway. */
export interface GatewayEvent {
  readonly type?: string;
  readonly version?: string;
  readonly routeKey: string;
  readonly routeArn: string;
  readonly methodArn: string;
  readonly identitySource: readonly string[] | null;
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly routeKey: string;
    readonly connectionId: string;
    readonly messageId: string;
    readonly disconnectStatusCode: number;
    readonly disconnectReason: string;
    readonly authorizer?: Readonly<Record<string, unknown>>;
  };
}

const AnyEvent = z.custom<GatewayEvent>();

/** The event an echoing function answered with. */
export const echoed = async (response: Response): Promise<GatewayEvent> => AnyEvent.parse(await response.json());

export type Handler = (event: GatewayEvent) => unknown;

/** Functions by name. A handler that throws is an invocation that fails. */
export class Functions implements FunctionInvoker {
  readonly handlers: Record<string, Handler>;
  readonly calls: { readonly name: string; readonly event: GatewayEvent }[] = [];
  readonly #waiting = new Set<() => void>();
  constructor(handlers: Record<string, Handler>) {
    this.handlers = handlers;
  }
  async invoke(name: string, input: unknown): Promise<InvokeResult> {
    const event = AnyEvent.parse(input);
    this.calls.push({ name, event });
    for (const wake of this.#waiting) wake();
    const result = await this.handlers[name]?.(event);
    return result === failure
      ? { payload: { errorMessage: 'failed' }, functionError: 'Unhandled' }
      : { payload: result };
  }
  of(name: string): GatewayEvent[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.event);
  }
  /** The events of a function once there are `count` of them. */
  async atLeast(name: string, count: number): Promise<[GatewayEvent, ...GatewayEvent[]]> {
    while (this.of(name).length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
    const [first, ...rest] = this.of(name);
    if (first === undefined) throw new Error(`${name} was asked for no event`);
    return [first, ...rest];
  }
}

/** What a handler returns to fail as Lambda's `Unhandled`. */
export const failure = Symbol('failure');

export interface World {
  readonly gateway: Gateway;
  readonly clock: ManualClock;
  readonly functions: Functions;
  readonly counted: Record<string, number>;
}

const running: Gateway[] = [];

/** Starts a gateway on a free port; {@link stopGateways} ends it. */
export async function startWorld(
  handlers: Record<string, Handler>,
  options: Partial<GatewayOptions> = {},
): Promise<World> {
  const clock = new ManualClock();
  const functions = new Functions(handlers);
  const counted: Record<string, number> = {};
  const meter = {
    count(unit: string, amount: number) {
      counted[unit] = (counted[unit] ?? 0) + amount;
    },
  };
  const gateway = await createGateway({ port: 0, host: '127.0.0.1', clock, invoke: functions, meter, ...options });
  running.push(gateway);
  return { gateway, clock, functions, counted };
}

export async function stopGateways(): Promise<void> {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
}

export const route = (routeKey: string, functionArn = 'handler'): HttpRouteSpec => ({
  routeKey,
  integration: { functionArn, payloadFormatVersion: '2.0' },
});

export const httpApi = (routes: readonly HttpRouteSpec[], more: Partial<HttpApiSpec> = {}): HttpApiSpec => ({
  apiId: 'httpapi001',
  pathPrefix: '',
  stage: { name: '$default' },
  routes,
  ...more,
});

export const wsRoute = (
  routeKey: string,
  functionArn = 'handler',
  more: Partial<WebSocketRouteSpec> = {},
): WebSocketRouteSpec => ({ routeKey, integration: { functionArn }, routeResponse: false, ...more });

export const wsApi = (
  routes: readonly WebSocketRouteSpec[],
  more: Partial<WebSocketApiSpec> = {},
): WebSocketApiSpec => ({
  apiId: 'wsapi00001',
  path: '/ws',
  stage: { name: 'prod' },
  routeSelectionExpression: '$request.body.action',
  routes,
  ...more,
});

/** A gateway with one WebSocket API: connect, handler and disconnect functions answer 200 unless given. */
export async function startWebSocketWorld(
  handlers: Record<string, Handler> = {},
  options: Partial<GatewayOptions> = {},
): Promise<World> {
  const ok = () => ({ statusCode: 200 });
  const world = await startWorld({ connect: ok, handler: ok, disconnect: ok, ...handlers }, options);
  world.gateway.addWebSocketApi(
    wsApi([wsRoute('$connect', 'connect'), wsRoute('$disconnect', 'disconnect'), wsRoute('$default')]),
  );
  return world;
}

export const wsUrl = (world: World, rest = '/ws'): string => world.gateway.url.replace('http', 'ws') + rest;

/** An open client connection and its id. */
export async function open(world: World, options: { headers?: Record<string, string>; rest?: string } = {}) {
  const before = world.functions.of('connect').length;
  const client = new WebSocket(wsUrl(world, options.rest), { headers: options.headers ?? {} });
  client.on('error', () => undefined);
  await once(client, 'open');
  const connectionId = world.functions.of('connect')[before]?.requestContext.connectionId ?? '';
  return { client, connectionId };
}

/** The status and body of a refused handshake. */
export async function refusal(world: World, rest = '/ws', headers: Record<string, string> = {}) {
  const client = new WebSocket(wsUrl(world, rest), { headers });
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  client.on('open', () => reject(new Error('was accepted')));
  client.on('error', () => undefined);
  client.on('unexpected-response', (_request, response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }),
    );
  });
  return promise;
}

export async function nextMessage(client: WebSocket): Promise<string> {
  const [data] = await once(client, 'message');
  return String(data);
}

export async function closing(client: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(client, 'close');
  return { code, reason: String(reason) };
}

/** A handshake as it goes over the wire. */
export const handshake =
  'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A client that writes bytes: the handshake is done, what follows is free. */
export async function openRaw(world: World): Promise<{ socket: Socket; received: () => Buffer; ended: Promise<void> }> {
  const socket = connectTcp(world.gateway.port, '127.0.0.1');
  let received = Buffer.alloc(0);
  const { promise: upgraded, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end >= 0 && received.subarray(0, 12).toString() === 'HTTP/1.1 101') {
      received = received.subarray(end + 4);
      resolve();
    }
  });
  const ended = once(socket, 'close').then(() => undefined);
  socket.write(handshake);
  await upgraded;
  return { socket, received: () => received, ended };
}

/** A client's frame with an all-zero mask. */
export function frame(opcode: number, payload: Buffer, options: { fin?: boolean; masked?: boolean } = {}): Buffer {
  const { fin = true, masked = true } = options;
  const first = (fin ? 0x80 : 0) | opcode;
  const mask = masked ? 0x80 : 0;
  const length =
    payload.length < 126
      ? Buffer.from([mask | payload.length])
      : payload.length < 65536
        ? Buffer.from([mask | 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.from([mask | 127, 0, 0, 0, 0, ...new Uint8Array(uint32(payload.length))]);
  return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(masked ? 4 : 0), payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The status of the close frame a raw client received. */
export const closeStatus = (received: Buffer): number => received.readUInt16BE(received.indexOf(0x88) + 2);
