import type { HttpAnswer } from './http-response.ts';
import type { CorsSpec } from './spec.ts';

const isAllowedOrigin = (spec: CorsSpec, origin: string): string | undefined => {
  const origins = spec.allowOrigins ?? [];
  if (origins.includes('*')) return '*';
  const lowerCased = origin.toLowerCase();
  const isAllowed = origins.some((allowed) => {
    const pattern = allowed.toLowerCase();
    return pattern.endsWith('://*') ? lowerCased.startsWith(pattern.slice(0, -1)) : pattern === lowerCased;
  });
  return isAllowed ? origin : undefined;
};

/** The headers added to every answer to a request with an allowed `Origin`; none for others. */
export function corsHeaders(spec: CorsSpec | undefined, origin: string | undefined): Record<string, string> {
  if (spec === undefined || origin === undefined) return {};
  const allowedOrigin = isAllowedOrigin(spec, origin);
  if (allowedOrigin === undefined) return {};
  return {
    'access-control-allow-origin': allowedOrigin,
    ...(spec.allowCredentials === true && { 'access-control-allow-credentials': 'true' }),
    ...(spec.exposeHeaders !== undefined &&
      spec.exposeHeaders.length > 0 && { 'access-control-expose-headers': spec.exposeHeaders.join(',') }),
  };
}

/** True for the OPTIONS request a browser sends ahead; the gateway answers it without a route. */
export function isPreflight(method: string, headers: Readonly<Record<string, string>>): boolean {
  return method === 'OPTIONS' && 'origin' in headers && 'access-control-request-method' in headers;
}

/** The 204 that answers a preflight: bare when the origin is not allowed. */
export function preflightAnswer(spec: CorsSpec, origin: string): HttpAnswer {
  const allowed = corsHeaders(spec, origin);
  const isAllowed = 'access-control-allow-origin' in allowed;
  const headers = isAllowed && {
    ...allowed,
    ...(spec.allowMethods !== undefined && { 'access-control-allow-methods': spec.allowMethods.join(',') }),
    ...(spec.allowHeaders !== undefined && { 'access-control-allow-headers': spec.allowHeaders.join(',') }),
    ...(spec.maxAgeSeconds !== undefined && { 'access-control-max-age': String(spec.maxAgeSeconds) }),
  };
  return { statusCode: 204, headers: headers === false ? {} : headers, cookies: [], body: Buffer.alloc(0) };
}

/** An answer without the CORS headers of the function: with CORS configured the gateway's own replace them. */
export function withoutCorsHeaders(answer: HttpAnswer): HttpAnswer {
  const kept = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...answer, headers: Object.fromEntries(kept) };
}
