import type { IncomingHttpHeaders } from 'node:http';
import { wildcard } from '../iam/wildcard.ts';

/** A rule of a bucket's CORS configuration. */
export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/**
 * The headers that S3 adds for a browser: the first rule that allows origin, method and, for a preflight, the headers.
 * Undefined when no rule does, or the request does not come from a page.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
export function corsHeaders(
  rules: readonly CorsRule[],
  method: string,
  headers: IncomingHttpHeaders,
): Record<string, string> | undefined {
  const { origin } = headers;
  if (origin === undefined) return undefined;
  const isPreflight = method === 'OPTIONS';
  const wantedMethod = isPreflight ? (headers['access-control-request-method'] ?? '') : method;
  const wantedHeaders = isPreflight ? listOf(headers['access-control-request-headers']) : [];
  const rule = rules.find(
    (one) =>
      one.allowedOrigins.some((allowed) => wildcard(allowed).test(origin)) &&
      one.allowedMethods.includes(wantedMethod) &&
      wantedHeaders.every((header) => one.allowedHeaders.some((allowed) => wildcard(allowed, true).test(header))),
  );
  if (rule === undefined) return undefined;
  const isAnyOrigin = rule.allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': isAnyOrigin ? '*' : origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(!isAnyOrigin && { 'access-control-allow-credentials': 'true' }),
    ...(wantedHeaders.length > 0 && { 'access-control-allow-headers': wantedHeaders.join(', ') }),
    ...(rule.exposedHeaders.length > 0 && { 'access-control-expose-headers': rule.exposedHeaders.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    vary,
  };
}

function listOf(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
