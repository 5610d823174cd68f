import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import type { IntegrationOutcome } from './invoke-integration.ts';

/** A response ready to be written. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

const StructuredResponse = z.looseObject({
  statusCode: z.union([z.number(), z.string().regex(/^\d{3}$/)]).transform(Number),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** An error of the gateway itself: `{"message":"…"}`. */
export function gatewayError(statusCode: number, message: string): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ message }));
  return { statusCode, headers: { 'content-type': 'application/json' }, cookies: [], body };
}

/** What a function's invalid answer or failure becomes. */
export const internalServerError = gatewayError(500, 'Internal Server Error');

function inferredAnswer(payload: unknown): HttpAnswer {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload ?? null);
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, cookies: [], body: Buffer.from(body) };
}

function structuredAnswer(payload: unknown): HttpAnswer {
  const parsed = StructuredResponse.safeParse(payload);
  if (!parsed.success || parsed.data.statusCode < 100 || parsed.data.statusCode > 599) return internalServerError;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lowerCased: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) lowerCased[name.toLowerCase()] = String(value);
  if (body !== null && body !== undefined) lowerCased['content-type'] ??= 'text/plain;charset=UTF-8';
  return {
    statusCode,
    headers: lowerCased,
    cookies: cookies ?? [],
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/**
 * Reads what a function returned by the rules of format 2.0: an object with `statusCode` is a response, anything else
 * is the JSON body of a 200.
 */
export function answerOf(outcome: IntegrationOutcome): HttpAnswer {
  switch (outcome.kind) {
    case 'answered': {
      const { payload } = outcome;
      const isStructured = typeof payload === 'object' && payload !== null && 'statusCode' in payload;
      return isStructured ? structuredAnswer(payload) : inferredAnswer(payload);
    }
    case 'failed':
      return internalServerError;
    default:
      return gatewayError(503, 'Service Unavailable');
  }
}

const hopByHop = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Writes an answer. A header Node refuses (a line break in a value) becomes a 500. */
export function writeAnswer(
  response: ServerResponse,
  answer: HttpAnswer,
  extra: Readonly<Record<string, string>>,
): number {
  try {
    for (const [name, value] of Object.entries({ ...answer.headers, ...extra })) {
      if (!hopByHop.has(name)) response.setHeader(name, value);
    }
    if (answer.cookies.length > 0) response.setHeader('set-cookie', [...answer.cookies]);
  } catch {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    return writeAnswer(response, internalServerError, {});
  }
  response.statusCode = answer.statusCode;
  const hasBody = answer.statusCode >= 200 && answer.statusCode !== 204 && answer.statusCode !== 304;
  if (hasBody) response.setHeader('content-length', answer.body.length);
  response.end(hasBody ? answer.body : undefined);
  return answer.statusCode;
}
