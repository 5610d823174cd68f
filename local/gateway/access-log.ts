import type { RoutedRequest } from './http-event.ts';
import { requestTime } from './identifiers.ts';
import type { HttpApiSpec } from './spec.ts';

/**
 * One access log line: `$context.…` variables replaced, unknown ones by `-`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function accessLogLine(
  spec: HttpApiSpec,
  routed: RoutedRequest,
  answer: { readonly statusCode: number; readonly bytes: number; readonly latencyMs: number },
): string {
  const { request } = routed;
  const values: Record<string, string> = {
    apiId: spec.apiId,
    httpMethod: request.method,
    'identity.sourceIp': request.sourceIp,
    'identity.userAgent': request.headers['user-agent'] ?? '-',
    path: request.rawPath,
    protocol: request.protocol,
    requestId: request.requestId,
    requestTime: requestTime(request.receivedAt),
    requestTimeEpoch: String(request.receivedAt),
    responseLatency: String(answer.latencyMs),
    responseLength: String(answer.bytes),
    routeKey: routed.routeKey,
    stage: spec.stage.name,
    status: String(answer.statusCode),
  };
  return (spec.stage.accessLog?.format ?? '').replace(
    /\$context\.(\w+(?:\.\w+)*)/g,
    (_, name: string) => values[name] ?? '-',
  );
}
