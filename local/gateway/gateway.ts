import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Running } from '../contract.ts';
import type { ConnectionRegistry } from './connection-registry.ts';
import type { ConnectionsApi } from './connections.ts';
import { createConnectionsApi } from './connections.ts';
import type { HttpApi } from './http-api.ts';
import { createHttpApi } from './http-api.ts';
import { gatewayError, internalServerError, writeAnswer } from './http-response.ts';
import { refuseHandshake } from './refuse-handshake.ts';
import type { GatewayContext, GatewayOptions, HttpApiSpec, WebSocketApiSpec } from './spec.ts';
import { awsLimits, UnsupportedApiError } from './spec.ts';
import type { WebSocketApi } from './web-socket-api.ts';
import { createWebSocketApi } from './web-socket-api.ts';

/** API Gateway v2 on one loopback HTTP server. */
export interface Gateway extends Running {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** @throws {@link UnsupportedApiError} when the API cannot be served as AWS would, or its place is taken. */
  addHttpApi(spec: HttpApiSpec): void;
  /** @throws {@link UnsupportedApiError} when the API cannot be served as AWS would, or its place is taken. */
  addWebSocketApi(spec: WebSocketApiSpec): void;
  readonly connections: ConnectionsApi;
}

/** `$disconnect` calls that have not ended by then are left behind when the gateway stops. */
const stopGraceMs = 5_000;

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';

async function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise;
  server.off('error', reject);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function createContext(options: GatewayOptions): GatewayContext {
  return {
    clock: options.clock,
    invoke: options.invoke,
    meter: options.meter,
    limits: { ...awsLimits, ...options.limits },
    chaos: options.chaos,
    accountId: options.accountId ?? '000000000000',
    region: options.region ?? 'us-east-1',
    log: options.log ?? (() => undefined),
  };
}

/** The APIs of the server, found by path. */
function createApiTable(context: GatewayContext, registry: ConnectionRegistry) {
  const httpApis: HttpApi[] = [];
  const webSocketApis = new Map<string, WebSocketApi>();
  return {
    webSocketApis,
    /** Before the first API there is nothing yet, and nobody is told that something does not exist. */
    isEmpty: (): boolean => httpApis.length + webSocketApis.size === 0,
    addHttpApi: (spec: HttpApiSpec): void => {
      const api = createHttpApi(context, spec);
      if (httpApis.some((other) => other.base === api.base)) {
        throw new UnsupportedApiError(`Two HTTP APIs at "${api.base}/": give ${spec.apiId} another path prefix.`);
      }
      httpApis.push(api);
      httpApis.sort((a, b) => b.base.length - a.base.length);
    },
    addWebSocketApi: (spec: WebSocketApiSpec): void => {
      if (webSocketApis.has(spec.path)) throw new UnsupportedApiError(`Two WebSocket APIs at "${spec.path}".`);
      webSocketApis.set(spec.path, createWebSocketApi(context, spec, registry));
    },
    httpApiFor: (path: string): HttpApi | undefined =>
      httpApis.find((api) => path === api.base || path.startsWith(`${api.base}/`)),
  };
}

async function handleRequest(
  api: HttpApi | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (api === undefined) {
    writeAnswer(response, gatewayError(404, 'Not Found'), {});
    return;
  }
  try {
    await api.handle(request, response);
  } catch {
    // The client went away while its body was read; nobody is left to answer.
    if (!response.headersSent && !response.destroyed) writeAnswer(response, internalServerError, {});
  }
}

/** Starts the server; APIs are added afterwards. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const context = createContext(options);
  const registry: ConnectionRegistry = new Map();
  const apis = createApiTable(context, registry);
  const upgraded = new Set<Duplex>();

  // Other upgrades (a client that offers h2c) are answered as the plain requests they also are.
  const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
    request.headers.upgrade?.toLowerCase() === 'websocket';
  const server = createServer({ shouldUpgradeCallback }, (request, response) => {
    if (apis.isEmpty()) writeAnswer(response, gatewayError(503, 'Service Unavailable'), {});
    else void handleRequest(apis.httpApiFor(pathOf(request)), request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    const api = apis.webSocketApis.get(pathOf(request));
    if (apis.isEmpty()) refuseHandshake(socket, 503, { message: 'Service Unavailable' });
    else if (api === undefined) refuseHandshake(socket, 403, { message: 'Forbidden' });
    else void api.upgrade({ request, socket, head });
  });
  const port = await listen(server, options.port, options.host);

  const endSockets = async (): Promise<void> => {
    for (const connection of registry.values()) connection.close(1001, 'Going away', true);
    const { promise: timedOut, resolve } = Promise.withResolvers<void>();
    const cancel = context.clock.after(stopGraceMs, resolve);
    await Promise.race([Promise.all([...apis.webSocketApis.values()].map((api) => api.settle())), timedOut]);
    cancel();
    for (const socket of upgraded) socket.destroy();
  };

  return {
    url: `http://${options.host}:${port}`,
    port,
    addHttpApi: apis.addHttpApi,
    addWebSocketApi: apis.addWebSocketApi,
    connections: createConnectionsApi(context, registry),
    async stop() {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await endSockets();
      server.closeAllConnections();
      await closed;
    },
  };
}
