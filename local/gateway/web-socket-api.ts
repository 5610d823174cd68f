import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ConnectionRegistry } from './connection-registry.ts';
import { newGatewayId } from './identifiers.ts';
import { refuseHandshake } from './refuse-handshake.ts';
import type { GatewayContext, WebSocketApiSpec } from './spec.ts';
import type { Ending } from './web-socket-connection.ts';
import { runConnection } from './web-socket-connection.ts';
import type { ConnectionFacts } from './web-socket-events.ts';
import { newRequestId, readHandshake } from './web-socket-events.ts';
import { createRouteCalls } from './web-socket-routes.ts';

/** One WebSocket API on the shared server. */
export interface WebSocketApi {
  upgrade(client: UpgradingClient): Promise<void>;
  /** Waits for the `$disconnect` calls under way. */
  settle(): Promise<void>;
}

/** What the HTTP server hands over with an upgrade request. */
export interface UpgradingClient {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function isHandshake(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    request.method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    (headers['sec-websocket-version'] === '13' || headers['sec-websocket-version'] === '8')
  );
}

/** Builds one WebSocket API. @throws {@link UnsupportedApiError} when it cannot be served as AWS would. */
export function createWebSocketApi(
  context: GatewayContext,
  spec: WebSocketApiSpec,
  registry: ConnectionRegistry,
): WebSocketApi {
  const calls = createRouteCalls(context, spec);
  const protocols = new WeakMap<IncomingMessage, string>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: context.limits.messageBytes,
    handleProtocols: (_offered, request) => protocols.get(request) ?? false,
  });
  const disconnecting = new Set<Promise<void>>();

  const disconnect = (facts: ConnectionFacts, ending: Ending): void => {
    const done = calls.disconnect(facts, ending).finally(() => disconnecting.delete(done));
    disconnecting.add(done);
  };

  const answerMessage = async (facts: ConnectionFacts, text: string): Promise<void> => {
    const answer = await calls.message(facts, text);
    if (answer !== undefined) await registry.get(facts.connectionId)?.send(answer);
  };

  const open = ({ request, socket, head }: UpgradingClient, facts: ConnectionFacts): void => {
    const onMessage = (text: string): void => void answerMessage(facts, text);
    const onEnd = (ending: Ending): void => disconnect(facts, ending);
    let isOpen = false;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      isOpen = true;
      runConnection(context, registry, { webSocket, socket, facts }, { onMessage, onEnd });
    });
    // The client left while `$connect` ran, or the library refused the handshake: what was connected is disconnected.
    if (!isOpen) onEnd({ statusCode: 1006, reason: 'Connection closed abnormally' });
  };

  return {
    async upgrade(client) {
      const { request, socket } = client;
      if (!isHandshake(request)) return refuseHandshake(socket, 400, { message: 'Bad Request' });
      const sourceIp = request.socket.remoteAddress ?? '';
      const connectedAt = context.clock.now();
      const connectionId = newGatewayId();
      const facts = { connectionId, connectedAt, sourceIp, userAgent: request.headers['user-agent'] };
      const admission = await calls.connect(facts, readHandshake(request, sourceIp, connectedAt));
      if (admission.kind === 'refused') {
        const { statusCode, message } = admission;
        return refuseHandshake(socket, statusCode, { message, connectionId, requestId: newRequestId() });
      }
      if (admission.protocol !== undefined) protocols.set(request, admission.protocol);
      return open(client, admission.facts);
    },
    async settle() {
      await Promise.allSettled(disconnecting);
    },
  };
}
