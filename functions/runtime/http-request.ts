import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { freshUuid } from '#core/common/new-id.ts';
import { readJson } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { Traceparent } from '#core/contract/traceparent.ts';
import { InvalidFieldError, PayloadTooLargeError } from '#core/errors/errors.ts';
import { UnauthenticatedError } from '#core/identity/authenticate.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import { fromContext } from './authoriser-context.ts';

/** API Gateway leaves out what a request has not; other implementations of the same format write `null`. */
const ifAny = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);

/** What an HTTP API hands over, payload format 2.0. Header names are in lower case. */
export const HttpEvent = z.looseObject({
  routeKey: z.string(),
  rawPath: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  pathParameters: ifAny(z.record(z.string(), z.string())),
  queryStringParameters: ifAny(z.record(z.string(), z.string())),
  body: ifAny(z.string()),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.looseObject({
    requestId: z.string().optional(),
    http: z.looseObject({ method: z.string() }),
    authorizer: ifAny(z.looseObject({ lambda: z.record(z.string(), z.unknown()).nullish() })),
  }),
});
export type HttpEvent = z.infer<typeof HttpEvent>;

/** Whom the authoriser of this API has recognised. @throws UnauthenticatedError when it has nobody. */
export const principalOf = (event: HttpEvent): Principal => {
  const principal = fromContext(event.requestContext.authorizer?.lambda ?? {});
  if (principal === undefined) throw new UnauthenticatedError();
  return principal;
};

/** The body's JSON value; `undefined` when there is no body. @throws PayloadTooLargeError, InvalidFieldError. */
export const bodyOf = ({ body, isBase64Encoded }: HttpEvent): unknown => {
  if (body === undefined || body === '') return undefined;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > limits.httpBodyBytes)
    throw new PayloadTooLargeError('body', bytes.byteLength, limits.httpBodyBytes);
  const value = readJson(bytes.toString('utf8'));
  if (value === undefined)
    throw new InvalidFieldError(
      'body',
      'The body is not JSON, is nested deeper than 64 levels, or has a number that cannot be kept.',
    );
  return value;
};

/** Where the caller has reached the API: by the name that it used. API Gateway says by which scheme; without its word it is a local platform. */
export const originOf = ({ headers }: HttpEvent): string =>
  `${headers['x-forwarded-proto'] ?? 'http'}://${headers['host'] ?? 'localhost'}`;

/** What makes a repeat of this request the same request: the caller's word, else something new. */
export const idempotencyKeyOf = (services: Services, { headers }: HttpEvent): string => {
  const key = headers['idempotency-key'];
  if (key === undefined) return freshUuid(services);
  const limit = limits.idempotencyKeyLength;
  if (key.length === 0 || key.length > limit)
    throw new InvalidFieldError('Idempotency-Key', `Idempotency-Key must have 1 to ${limit} characters.`, { limit });
  return key;
};

/**
 * What only the caller can say again of a request that it has named: a secret that is told may be derived from it, and is then
 * the same in each repeat without being kept. Nobody who reads the table can: of a key it holds a hash.
 */
export const repeatSecretOf = ({ headers }: HttpEvent): string | undefined => {
  const { authorization, 'idempotency-key': key } = headers;
  if (authorization === undefined || key === undefined) return undefined;
  return createHmac('sha256', authorization).update(key).digest('hex');
};

/** The trace that a caller says the request belongs to; one that is malformed counts as none, as the standard has it. */
export const traceparentOf = ({ headers }: HttpEvent): Traceparent | undefined =>
  Traceparent.safeParse(headers['traceparent']).data;

/** The version that `If-Match` names, without its quotes; `undefined` when any will do. @throws InvalidFieldError. */
export const ifMatchOf = ({ headers }: HttpEvent): string | undefined => {
  const value = headers['if-match'];
  if (value === undefined || value.trim() === '*') return undefined;
  const version = /^(?:W\/)?"([^"\s]{1,64})"$/.exec(value.trim())?.[1];
  if (version === undefined) throw new InvalidFieldError('If-Match', 'If-Match must be one quoted ETag, or *.');
  return version;
};
