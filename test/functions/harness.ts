import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { addressOf, type Encoding } from '#core/contract/address.ts';
import { decodeBinary, isJsonText } from '#core/contract/binary/binary-frame.ts';
import { answeredFrames } from '#core/contract/client-frames.ts';
import type { Role } from '#core/contract/roles.ts';
import { openConnection } from '#core/identity/connection.ts';
import { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import { createMessageHandler } from '#functions/websocket/message.ts';
import { createSecretHandler } from '#functions/websocket/secret.ts';
import { createTestPorts, type TestPorts } from '#test/support/create-test-ports.ts';

/** Twins and the services made of them. */
export interface World {
  readonly ports: TestPorts;
  readonly services: Services;
}

export const createWorld = (): World => {
  const ports = createTestPorts();
  return { ports, services: { ...ports, random: ports.randomness, cache: createEnvironmentCache(0) } };
};

/** What Lambda hands over beside the event. */
export const context: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'test',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:test',
  memoryLimitInMB: '256',
  awsRequestId: 'invocation-1',
  logGroupName: 'test',
  logStreamName: 'test',
  getRemainingTimeInMillis: () => 15_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

export const principal = (role: Role, tenant = 'acme', id = `key:${role}`): Principal =>
  Principal.parse({ tenant, id, role });

/** A frame's text. */
export const frameText = (type: string, payload: unknown, fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ v: 1, type, id: 'f-1', seq: 1, ts: 0, payload, ...fields });

const ReceivedFrame = z.looseObject({
  type: z.string(),
  correlationId: z.string().optional(),
  payload: z.record(z.string(), z.unknown()),
});
export type ReceivedFrame = z.infer<typeof ReceivedFrame>;

/** Types that have a route of their own, which answers with the invocation's result. */
const answering: ReadonlySet<string> = new Set(['secret.get', ...answeredFrames]);

const Taken = z.strictObject({ statusCode: z.literal(200), body: z.string().optional() });

const typeOf = (text: string): string => /"type":"([\w.]+)"/.exec(text)?.[1] ?? '';

/** One open socket; `send` answers the frames that came back meanwhile. */
export interface TestSocket {
  readonly connectionId: string;
  readonly received: () => readonly ReceivedFrame[];
  readonly send: (text: string) => Promise<readonly ReceivedFrame[]>;
}

export const openSocket = async (
  { ports, services }: World,
  who: Principal,
  connectionId = `conn-${who.tenant}-${who.id}`,
  encoding: Encoding = 'json',
): Promise<TestSocket> => {
  const address = addressOf(connectionId, encoding);
  await openConnection(services, address, who);
  const received = (): readonly ReceivedFrame[] => z.array(ReceivedFrame).parse(ports.sockets.framesTo(address));
  // As the gateway does: a type that has a route of its own goes to its function.
  const handlers = { other: createMessageHandler(services), 'secret.get': createSecretHandler(services) };
  const handlerOf = (type: string) => handlers[type === 'secret.get' ? type : 'other'];
  return {
    connectionId,
    received,
    send: async (text) => {
      const before = received().length;
      const type = typeOf(text);
      const isAnswered = answering.has(type);
      const routeKey = isAnswered ? type : '$default';
      const result = await handlerOf(type)({ body: text, requestContext: { connectionId, routeKey } }, context);
      const { body } = Taken.parse(result);
      if (isAnswered === (body === undefined)) throw new Error('a frame has an answer where its route has one');
      if (body !== undefined)
        await ports.sockets.post(address, isJsonText(body) ? body : JSON.stringify(decodeBinary(body)));
      return received().slice(before);
    },
  };
};

export interface HttpRequest {
  readonly who?: Principal;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
}

/** An HTTP API event, payload format 2.0. */
export const httpEvent = (routeKey: string, request: HttpRequest = {}) => {
  const [method = '', template = ''] = routeKey.split(' ');
  const rawPath = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => request.params?.[name] ?? name);
  const body = request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const { tenant, id, role } = request.who ?? principal('admin');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(request.query).toString(),
    headers: { 'content-type': 'application/json', ...request.headers },
    ...(request.params === undefined ? {} : { pathParameters: request.params }),
    ...(request.query === undefined ? {} : { queryStringParameters: request.query }),
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
    requestContext: {
      requestId: 'request-1',
      routeKey,
      stage: '$default',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      authorizer: { lambda: { tenant, principalId: id, role } },
    },
  };
};

type HttpHandler = (
  event: unknown,
  context: Context,
) => Promise<{
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}>;

/** Calls a route and reads its JSON; what is not JSON stays text. */
export const callRoute = async (handler: HttpHandler, routeKey: string, request: HttpRequest = {}) => {
  const { statusCode, headers, body } = await handler(httpEvent(routeKey, request), context);
  const isJson = /^application\/(problem\+)?json/.test(headers['content-type'] ?? '');
  return { status: statusCode, headers, body: body === undefined || !isJson ? body : JSON.parse(body) };
};

/** Everything the table holds, for showing that nothing changed; but for what was counted of the tenant's rate. */
export const snapshot = ({ ports }: World): string =>
  JSON.stringify(ports.table.items().filter(({ sk }) => sk !== 'RATE'));
