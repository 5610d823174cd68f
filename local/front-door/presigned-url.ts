import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../contract.ts';

/** A request whose signature travels in its query. */
export interface PresignedRequest {
  readonly method: string;
  /** As it came over the wire. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A url may be good for a week at most. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html */
const longestExpirySeconds = 7 * 24 * 3600;

/** The access key id that a presigned url names; undefined when the url is not presigned. */
export function presignedAccessKeyId(url: string): string | undefined {
  const query = new URLSearchParams(url.split(/\?(.*)/s, 2)[1] ?? '');
  return query.get('X-Amz-Credential')?.split('/')[0];
}

/**
 * Checks a presigned url's expiry and signature (AWS signature version 4, query form).
 * @throws AwsError `AccessDenied` when it has expired, `SignatureDoesNotMatch` when anything signed was changed.
 */
export function verifyPresignedUrl(request: PresignedRequest, secretAccessKey: string, nowMs: number): void {
  const [path = '/', rawQuery = ''] = request.url.split(/\?(.*)/s, 2);
  const query = [...new URLSearchParams(rawQuery).entries()];
  const field = (name: string): string => query.find(([key]) => key === name)?.[1] ?? '';
  checkExpiry(field('X-Amz-Date'), Number(field('X-Amz-Expires')), nowMs);
  const signedHeaders = field('X-Amz-SignedHeaders').split(';');
  const canonical = [
    request.method,
    path,
    canonicalQuery(query.filter(([key]) => key !== 'X-Amz-Signature')),
    ...signedHeaders.map((name) => `${name}:${headerText(request.headers[name])}`),
    '',
    signedHeaders.join(';'),
    field('X-Amz-Content-Sha256') || 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = field('X-Amz-Credential').split('/').slice(1);
  const text = ['AWS4-HMAC-SHA256', field('X-Amz-Date'), scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secretAccessKey}`);
  const expected = hmac(key, text);
  const given = Buffer.from(field('X-Amz-Signature'), 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
    );
  }
}

function checkExpiry(date: string, expiresSeconds: number, nowMs: number): void {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(date);
  if (parts === null || !(expiresSeconds >= 1 && expiresSeconds <= longestExpirySeconds)) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Date or X-Amz-Expires is not valid', 400);
  }
  const [, year, month, day, hour, minute, second] = parts;
  const signedMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (nowMs > signedMs + expiresSeconds * 1000) throw new AwsError('AccessDenied', 'Request has expired', 403);
}

function canonicalQuery(query: readonly (readonly [string, string])[]): string {
  return query
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .toSorted((left, right) => (left < right ? -1 : 1))
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headerText(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'object' ? value.join(',') : (value ?? '');
  return text.trim().replaceAll(/\s+/g, ' ');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
