import * as z from 'zod';
import { newGatewayId } from './identifiers.ts';
import type { IntegrationOutcome } from './invoke-integration.ts';
import { invokeIntegration } from './invoke-integration.ts';
import { createRouteSelector } from './route-selection.ts';
import type { GatewayContext, WebSocketApiSpec, WebSocketRouteSpec } from './spec.ts';
import { authorizeConnect } from './web-socket-authorizer.ts';
import type { Ending } from './web-socket-connection.ts';
import type { ConnectionFacts, Handshake } from './web-socket-events.ts';
import { newRequestId, webSocketEvent } from './web-socket-events.ts';

/** The proxy response of a WebSocket route. */
const RouteResult = z.looseObject({
  statusCode: z.union([z.number().int(), z.string().regex(/^\d{3}$/)]).transform(Number),
  headers: z.record(z.string(), z.unknown()).nullish(),
  body: z.string().nullish(),
});

/** What became of a `$connect`. */
export type Admission =
  | { readonly kind: 'admitted'; readonly facts: ConnectionFacts; readonly protocol: string | undefined }
  | { readonly kind: 'refused'; readonly statusCode: number; readonly message: string };

const refused = (statusCode: number, message: string): Admission => ({ kind: 'refused', statusCode, message });

function admissionOf(outcome: IntegrationOutcome, facts: ConnectionFacts): Admission {
  if (outcome.kind === 'timedOut') return refused(504, 'Endpoint request timed out');
  if (outcome.kind === 'throttled') return refused(500, 'Internal server error');
  const result = RouteResult.safeParse(outcome.kind === 'answered' ? outcome.payload : undefined);
  if (!result.success) return refused(502, 'Internal server error');
  const { statusCode, headers } = result.data;
  if (statusCode < 200 || statusCode > 299) return refused(statusCode, 'Forbidden');
  const protocol = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol');
  return { kind: 'admitted', facts, protocol: protocol === undefined ? undefined : String(protocol[1]) };
}

const errorFrame = (message: string, connectionId: string, requestId: string): string =>
  JSON.stringify({ message, connectionId, requestId });

/** What the client is sent for a message that a function was called with: its answer, if the route has one, or why there is none. */
function replyTo(
  outcome: IntegrationOutcome,
  hasResponse: boolean,
  ids: readonly [string, string],
): string | undefined {
  if (outcome.kind === 'timedOut') return errorFrame('Endpoint request timed out', ...ids);
  const result = RouteResult.safeParse(outcome.kind === 'answered' ? outcome.payload : undefined);
  if (!result.success) return errorFrame('Internal server error', ...ids);
  // Without a body the client gets an empty frame.
  return hasResponse ? (result.data.body ?? '') : undefined;
}

/** Everything the functions of one API are called for. None of it throws. */
export function createRouteCalls(context: GatewayContext, spec: WebSocketApiSpec) {
  const routes = new Map(spec.routes.map((route) => [route.routeKey, route]));
  const selectRoute = createRouteSelector(spec.routeSelectionExpression, spec.routes);

  const call = (route: WebSocketRouteSpec, event: unknown): Promise<IntegrationOutcome> => {
    const limitMs = context.limits.webSocketIntegrationMs;
    const timeoutMs = Math.min(route.integration.timeoutMs ?? limitMs, limitMs);
    return invokeIntegration(context, { functionArn: route.integration.functionArn, timeoutMs }, event);
  };

  const connect = async (facts: ConnectionFacts, handshake: Handshake): Promise<Admission> => {
    const route = routes.get('$connect');
    if (route === undefined) return { kind: 'admitted', facts, protocol: undefined };
    let admitted = facts;
    if (route.authorizer !== undefined) {
      const decision = await authorizeConnect(context, spec, route.authorizer, { facts, handshake });
      if (decision.kind === 'refused') return decision;
      admitted = { ...facts, authorizer: decision.authorizer };
    }
    const event = webSocketEvent(context, spec, admitted, {
      routeKey: '$connect',
      eventType: 'CONNECT',
      requestId: newRequestId(),
      fields: handshake,
    });
    return admissionOf(await call(route, event), admitted);
  };

  /** Handles one message; what it answers is sent to the client. */
  const message = async (facts: ConnectionFacts, text: string): Promise<string | undefined> => {
    const requestId = newRequestId();
    const route = selectRoute(text);
    if (route === undefined) return errorFrame('Forbidden', facts.connectionId, requestId);
    const event = webSocketEvent(context, spec, facts, {
      routeKey: route.routeKey,
      eventType: 'MESSAGE',
      requestId,
      fields: { body: text },
      contextFields: { messageId: newGatewayId() },
    });
    return replyTo(await call(route, event), route.routeResponse, [facts.connectionId, requestId]);
  };

  const disconnect = async (facts: ConnectionFacts, ending: Ending): Promise<void> => {
    const route = routes.get('$disconnect');
    if (route === undefined || context.chaos?.dropDisconnect() === true) return;
    const event = webSocketEvent(context, spec, facts, {
      routeKey: '$disconnect',
      eventType: 'DISCONNECT',
      requestId: newRequestId(),
      contextFields: { disconnectStatusCode: ending.statusCode, disconnectReason: ending.reason },
    });
    await call(route, event);
  };

  return { connect, message, disconnect };
}
