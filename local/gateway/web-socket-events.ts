import type { IncomingMessage } from 'node:http';
import { newGatewayId, newTraceId, requestTime } from './identifiers.ts';
import type { GatewayContext, WebSocketApiSpec } from './spec.ts';

/** What is known of a connection from its handshake on. */
export interface ConnectionFacts {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  /** Of the `$connect` authorizer; handed with every event of the connection. */
  readonly authorizer?: Readonly<Record<string, unknown>> | undefined;
}

/** What a handshake carried, in both the single and the multi value form of the proxy event. */
export interface Handshake {
  readonly headers: Record<string, string>;
  readonly multiValueHeaders: Record<string, string[]>;
  readonly queryStringParameters?: Record<string, string>;
  readonly multiValueQueryStringParameters?: Record<string, string[]>;
}

function lastValues(multi: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']));
}

/** Reads a handshake. Header names keep the case the client sent, as API Gateway leaves it. */
export function readHandshake(request: IncomingMessage, sourceIp: string, now: number): Handshake {
  const multiValueHeaders: Record<string, string[]> = {};
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), request.rawHeaders[index + 1] ?? ''];
  }
  multiValueHeaders['X-Forwarded-For'] = [sourceIp];
  multiValueHeaders['X-Forwarded-Port'] = [String(request.socket.localPort ?? '')];
  multiValueHeaders['X-Forwarded-Proto'] = ['http'];
  multiValueHeaders['X-Amzn-Trace-Id'] = [newTraceId(now)];
  const headers = lastValues(multiValueHeaders);
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'))) {
    query[name] = [...(query[name] ?? []), value];
  }
  if (Object.keys(query).length === 0) return { headers, multiValueHeaders };
  return {
    headers,
    multiValueHeaders,
    queryStringParameters: lastValues(query),
    multiValueQueryStringParameters: query,
  };
}

/**
 * Builds events of one connection.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export function webSocketEvent(
  context: GatewayContext,
  spec: WebSocketApiSpec,
  facts: ConnectionFacts,
  event: {
    readonly routeKey: string;
    readonly eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    readonly requestId: string;
    /** Fields of the event beside `requestContext`. */
    readonly fields?: object | undefined;
    /** Further fields of `requestContext`. */
    readonly contextFields?: object | undefined;
  },
): Record<string, unknown> {
  const now = context.clock.now();
  const variables = spec.stage.variables ?? {};
  return {
    ...event.fields,
    ...(Object.keys(variables).length > 0 && { stageVariables: variables }),
    requestContext: {
      routeKey: event.routeKey,
      ...(facts.authorizer !== undefined && { authorizer: facts.authorizer }),
      ...event.contextFields,
      eventType: event.eventType,
      extendedRequestId: event.requestId,
      requestTime: requestTime(now),
      messageDirection: 'IN',
      stage: spec.stage.name,
      connectedAt: facts.connectedAt,
      requestTimeEpoch: now,
      identity: {
        ...(facts.userAgent !== undefined && { userAgent: facts.userAgent }),
        sourceIp: facts.sourceIp,
      },
      requestId: event.requestId,
      domainName: `${spec.apiId}.execute-api.${context.region}.amazonaws.com`,
      connectionId: facts.connectionId,
      apiId: spec.apiId,
    },
    isBase64Encoded: false,
  };
}

/** A new id for a request or message. */
export const newRequestId = newGatewayId;
