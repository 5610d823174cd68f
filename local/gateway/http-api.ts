import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../read-body.ts';
import { accessLogLine } from './access-log.ts';
import { corsHeaders, isPreflight, preflightAnswer, withoutCorsHeaders } from './cors.ts';
import { decodeSegment } from './decode-segment.ts';
import { createHttpAuthorizer } from './http-authorizer.ts';
import type { HttpRequest, RoutedRequest } from './http-event.ts';
import { forwardedHeaders, integrationEvent, requestCookies } from './http-event.ts';
import type { HttpAnswer } from './http-response.ts';
import { answerOf, gatewayError, internalServerError, writeAnswer } from './http-response.ts';
import type { RouteMatch } from './http-routes.ts';
import { compileRoutes } from './http-routes.ts';
import { newGatewayId } from './identifiers.ts';
import { invokeIntegration } from './invoke-integration.ts';
import type { GatewayContext, HttpApiSpec, HttpRouteSpec } from './spec.ts';
import { createTokenBucket } from './token-bucket.ts';

/** One HTTP API on the shared server. */
export interface HttpApi {
  /** What every path of it begins with: the local prefix, then the stage unless it is `$default`. */
  readonly base: string;
  handle(incoming: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** HTTP API calls are billed per started 512 KB. */
const billedBytes = 512 * 1024;

function readRequest(context: GatewayContext, spec: HttpApiSpec, incoming: IncomingMessage, base: string): HttpRequest {
  const receivedAt = context.clock.now();
  const sourceIp = incoming.socket.remoteAddress ?? '';
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  // API Gateway hands the path over decoded, and ends it where the decoded one has a `?`.
  const below = decodeSegment(path.slice(spec.pathPrefix.length)).split('?')[0] ?? '';
  const routePath = path.slice(base.length);
  return {
    method: incoming.method ?? 'GET',
    rawPath: below === '' ? '/' : below,
    routePath: routePath === '' ? '/' : routePath,
    rawQueryString: query.join('?'),
    headers: forwardedHeaders(incoming, { sourceIp, now: receivedAt }),
    cookies: requestCookies(incoming),
    protocol: `HTTP/${incoming.httpVersion}`,
    sourceIp,
    requestId: newGatewayId(),
    receivedAt,
  };
}

function createThrottle(context: GatewayContext, spec: HttpApiSpec): (routeKey: string) => boolean {
  const buckets = new Map<string, () => boolean>();
  return (routeKey) => {
    const throttling = spec.stage.routeThrottling?.[routeKey] ?? spec.stage.throttling;
    if (throttling === undefined) return true;
    const bucket = buckets.get(routeKey) ?? createTokenBucket(throttling, context.clock);
    buckets.set(routeKey, bucket);
    return bucket();
  };
}

async function callRoute(
  context: GatewayContext,
  spec: HttpApiSpec,
  call: {
    readonly incoming: IncomingMessage;
    readonly route: HttpRouteSpec;
    readonly routed: RoutedRequest;
    readonly authorizerContext: Readonly<Record<string, unknown>> | undefined;
  },
): Promise<HttpAnswer> {
  const { routed, authorizerContext } = call;
  const body = await readBody(call.incoming, context.limits.httpPayloadBytes);
  if (body === undefined) return gatewayError(413, 'Request Entity Too Large');
  const { functionArn, timeoutMs } = call.route.integration;
  const limitMs = context.limits.httpIntegrationMs;
  const target = { functionArn, timeoutMs: Math.min(timeoutMs ?? limitMs, limitMs) };
  const event = integrationEvent(context, spec, { ...routed, body, authorizerContext });
  const answer = answerOf(await invokeIntegration(context, target, event));
  const largest = Math.max(1, body.length, answer.body.length);
  context.meter.count('http.requests', Math.ceil(largest / billedBytes));
  return answer;
}

/** Builds one HTTP API. @throws {@link UnsupportedApiError} when a route cannot be served as AWS would. */
export function createHttpApi(context: GatewayContext, spec: HttpApiSpec): HttpApi {
  const findRoute = compileRoutes(spec.routes);
  const takeToken = createThrottle(context, spec);
  const authorize = createHttpAuthorizer(context, spec);
  const base = spec.stage.name === '$default' ? spec.pathPrefix : `${spec.pathPrefix}/${spec.stage.name}`;

  const answerRoute = async (incoming: IncomingMessage, route: HttpRouteSpec, routed: RoutedRequest) => {
    if (!takeToken(route.routeKey)) return gatewayError(429, 'Too Many Requests');
    const decision = route.authorizer === undefined ? undefined : await authorize(route.authorizer, routed);
    switch (decision?.kind) {
      case 'unauthorized':
        return gatewayError(401, 'Unauthorized');
      case 'forbidden':
        return gatewayError(403, 'Forbidden');
      case 'broken':
        return internalServerError;
      default:
        return callRoute(context, spec, { incoming, route, routed, authorizerContext: decision?.context });
    }
  };

  const answer = async (incoming: IncomingMessage, match: RouteMatch | undefined, routed: RoutedRequest) => {
    const { headers, method } = routed.request;
    if (spec.cors !== undefined && isPreflight(method, headers)) {
      return preflightAnswer(spec.cors, headers.origin ?? '');
    }
    if (match === undefined) return gatewayError(404, 'Not Found');
    const answered = await answerRoute(incoming, match.route, routed);
    return spec.cors === undefined ? answered : withoutCorsHeaders(answered);
  };

  return {
    base,
    async handle(incoming, response) {
      const request = readRequest(context, spec, incoming, base);
      const match = findRoute(request.method, request.routePath);
      const routeKey = match?.route.routeKey ?? '-';
      const routed = { request, routeKey, pathParameters: match?.pathParameters ?? {} };
      const answered = await answer(incoming, match, routed);
      const statusCode = writeAnswer(response, answered, {
        'apigw-requestid': request.requestId,
        ...corsHeaders(spec.cors, request.headers.origin),
      });
      if (spec.stage.accessLog === undefined) return;
      const latencyMs = context.clock.now() - request.receivedAt;
      context.log(accessLogLine(spec, routed, { statusCode, bytes: answered.body.length, latencyMs }));
    },
  };
}
