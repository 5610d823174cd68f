import type { IncomingMessage } from 'node:http';
import { newTraceId, requestTime } from './identifiers.ts';
import type { GatewayContext, HttpApiSpec } from './spec.ts';

/** A request as the gateway sees it before a function does. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded, with the stage when it has a name, without the local path prefix. */
  readonly rawPath: string;
  /** What routes are matched against. */
  readonly routePath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly protocol: string;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly receivedAt: number;
}

/** What is known of a request once its route is. */
export interface RoutedRequest {
  readonly request: HttpRequest;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** Hop-by-hop headers end at the gateway. `cookie` has its own field in format 2.0. */
const notForwarded = new Set([
  'connection',
  'cookie',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Lower-cased names, duplicates joined by a comma, with the headers the gateway adds. */
export function forwardedHeaders(
  request: IncomingMessage,
  at: { readonly sourceIp: string; readonly now: number },
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined && !notForwarded.has(name)) headers[name] = values.join(',');
  }
  const forwardedFor = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwardedFor === undefined ? at.sourceIp : `${forwardedFor}, ${at.sourceIp}`;
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');
  headers['x-forwarded-proto'] = 'http';
  headers['x-amzn-trace-id'] ??= newTraceId(at.now);
  headers['content-length'] ??= '0';
  return headers;
}

/** The cookies of all cookie headers, one entry each. */
export function requestCookies(request: IncomingMessage): string[] {
  return (request.headersDistinct.cookie ?? [])
    .flatMap((line) => line.split(';'))
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
}

/** Decoded values, duplicates joined by a comma; undefined when there are none. */
export function queryStringParameters(rawQueryString: string): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const earlier = parameters[name];
    parameters[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return Object.keys(parameters).length === 0 ? undefined : parameters;
}

const textTypes = /^(?:text\/.*|application\/(?:.*\+)?(?:json|xml)|application\/javascript)$/;

/** Text of a known text type travels as it is; everything else, and everything compressed, as base64. */
export function isTextBody(headers: Readonly<Record<string, string>>): boolean {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return false;
  const mediaType = (headers['content-type'] ?? '').split(';')[0] ?? '';
  return textTypes.test(mediaType.trim().toLowerCase());
}

function commonFields(context: GatewayContext, spec: HttpApiSpec, routed: RoutedRequest): Record<string, unknown> {
  const { request, routeKey, pathParameters } = routed;
  const query = queryStringParameters(request.rawQueryString);
  return {
    version: '2.0',
    routeKey,
    rawPath: request.rawPath,
    rawQueryString: request.rawQueryString,
    ...(request.cookies.length > 0 && { cookies: request.cookies }),
    headers: request.headers,
    ...(query !== undefined && { queryStringParameters: query }),
    requestContext: {
      accountId: context.accountId,
      apiId: spec.apiId,
      domainName: `${spec.apiId}.execute-api.${context.region}.amazonaws.com`,
      domainPrefix: spec.apiId,
      http: {
        method: request.method,
        path: request.rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey,
      stage: spec.stage.name,
      time: requestTime(request.receivedAt),
      timeEpoch: request.receivedAt,
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(spec.stage.variables !== undefined &&
      Object.keys(spec.stage.variables).length > 0 && { stageVariables: spec.stage.variables }),
  };
}

/** The ARN an IAM policy of an authorizer names: `arn:aws:execute-api:region:account:api/stage/METHOD/path`. */
export function routeArn(context: GatewayContext, spec: HttpApiSpec, request: HttpRequest): string {
  const api = `arn:aws:execute-api:${context.region}:${context.accountId}:${spec.apiId}`;
  return `${api}/${spec.stage.name}/${request.method}${request.routePath}`;
}

/**
 * The event of a Lambda REQUEST authorizer, format 2.0.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function authorizerEvent(
  context: GatewayContext,
  spec: HttpApiSpec,
  routed: RoutedRequest & { readonly identity: readonly string[] },
): Record<string, unknown> {
  return {
    ...commonFields(context, spec, routed),
    type: 'REQUEST',
    routeArn: routeArn(context, spec, routed.request),
    identitySource: routed.identity.length > 0 ? routed.identity : null,
  };
}

/**
 * The event of a Lambda proxy integration, format 2.0.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function integrationEvent(
  context: GatewayContext,
  spec: HttpApiSpec,
  routed: RoutedRequest & {
    readonly body: Buffer;
    readonly authorizerContext: Readonly<Record<string, unknown>> | undefined;
  },
): Record<string, unknown> {
  const common = commonFields(context, spec, routed);
  const isText = isTextBody(routed.request.headers);
  const requestContext = { ...Object(common.requestContext) };
  if (routed.authorizerContext !== undefined) requestContext.authorizer = { lambda: routed.authorizerContext };
  return {
    ...common,
    requestContext,
    ...(routed.body.length > 0 && { body: routed.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: routed.body.length > 0 && !isText,
  };
}
