import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createS3Payloads } from '#adapters/s3/payloads.ts';
import { NotFoundError, UnavailableError } from '#core/errors/errors.ts';
import { createInstantBackoff } from '../faults.ts';

const region = 'eu-west-1';
const payloads = createS3Payloads({ bucket: 'bucket', region, backoff: createInstantBackoff() });
const awkwardKey = "acme/a b+c%d'(é)*!/x";

/** What the SDK makes of the same: nobody here wrote its signatures. */
const sdk = new S3Client({
  region,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  credentials: { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'session' },
});

/** An address without the order of its query, which means nothing. */
const partsOf = (url: string): readonly string[] => {
  const [place = '', query = ''] = url.split('?');
  return [place, ...query.split('&').toSorted()];
};

const sent = vi.fn<typeof fetch>();
const answering = (status: number, body = ''): void => {
  sent.mockImplementation(async () => new Response(body, { status }));
};
const failing = (error: Error): void => void sent.mockRejectedValue(error);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-02T03:04:05Z'), toFake: ['Date'] });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  vi.stubGlobal('fetch', sent.mockReset());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('put and get', () => {
  it('store a text under its ref', async () => {
    answering(200);
    await payloads.put('acme/x', '{"a":1}');
    const [url, init] = sent.mock.calls[0] ?? [];
    expect(url).toBe('https://bucket.s3.eu-west-1.amazonaws.com/acme/x?x-id=PutObject');
    expect(init).toMatchObject({ method: 'PUT', body: Buffer.from('{"a":1}') });
    expect(init?.headers).toMatchObject({
      'content-type': 'application/json',
      'X-Amz-Content-Sha256': createHash('sha256').update('{"a":1}').digest('hex'),
      'x-amz-security-token': 'session',
      authorization: expect.stringContaining('Credential=key/20260102/eu-west-1/s3/aws4_request'),
    });
  });

  it('send the path that is signed', async () => {
    answering(200);
    await payloads.get(awkwardKey);
    const [url, init] = sent.mock.calls[0] ?? [];
    expect(url).toContain('/acme/a%20b%2Bc%25d%27%28%C3%A9%29%2A%21/x?x-id=GetObject');
    const headers = new Headers(init?.headers);
    expect(headers.get('authorization')).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token',
    );
  });

  it('read it back', async () => {
    answering(200, '{"a":1}');
    expect(await payloads.get('acme/x')).toBe('{"a":1}');
  });

  it.each([
    [404, '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'],
    [404, ''],
    // Who may read objects but not list them.
    [403, '<Error><Code>AccessDenied</Code></Error>'],
  ])('do not know an expired ref: %s %s', async (status, body) => {
    answering(status, body);
    await expect(payloads.get('acme/x')).rejects.toThrow(NotFoundError);
    expect(sent).toHaveBeenCalledTimes(1);
  });

  it.each([
    [503, '<Error><Code>SlowDown</Code></Error>'],
    [500, '<Error><Code>InternalError</Code></Error>'],
    [400, '<Error><Code>RequestTimeout</Code></Error>'],
    [502, 'no XML'],
  ])('try three times and call %s %s unavailable', async (status, body) => {
    answering(status, body);
    await expect(payloads.put('acme/x', '')).rejects.toThrow(UnavailableError);
    await expect(payloads.get('acme/x')).rejects.toThrow(UnavailableError);
    expect(sent).toHaveBeenCalledTimes(6);
  });

  it.each([
    [
      'a refused connection',
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
    ],
    ['a connection that ends', new TypeError('fetch failed', { cause: new Error('other side closed') })],
    ['a timeout', new DOMException('timed out', 'TimeoutError')],
  ])('call %s unavailable', async (_what, error) => {
    failing(error);
    await expect(payloads.get('acme/x')).rejects.toThrow(UnavailableError);
  });

  it('go on when the second try is answered', async () => {
    sent.mockRejectedValueOnce(new DOMException('timed out', 'TimeoutError'));
    sent.mockImplementation(async () => new Response('"x"'));
    expect(await payloads.get('acme/x')).toBe('"x"');
  });

  it.each([
    [400, '<Error><Code>InvalidRequest</Code></Error>', 'InvalidRequest'],
    [403, '<Error><Code>SignatureDoesNotMatch</Code></Error>', 'SignatureDoesNotMatch'],
  ])('pass %s %s on', async (status, body, name) => {
    answering(status, body);
    await expect(payloads.put('acme/x', '')).rejects.toMatchObject({ name });
    expect(sent).toHaveBeenCalledTimes(1);
  });
});

describe('readUrl', () => {
  it.each(['acme/x', awkwardKey])('is what the SDK gives, for a quarter of an hour: %s', async (key) => {
    const expected = await getSignedUrl(sdk, new GetObjectCommand({ Bucket: 'bucket', Key: key }), { expiresIn: 900 });
    expect(partsOf(await payloads.readUrl(key))).toEqual(partsOf(expected));
    expect(partsOf(expected)).toContain('X-Amz-Expires=900');
  });

  it('puts the bucket into the path of another address', async () => {
    const local = createS3Payloads({ bucket: 'bucket', region, endpoint: 'http://127.0.0.1:1/' });
    const url = new URL(await local.readUrl('acme/x'));
    expect(url.origin + url.pathname).toBe('http://127.0.0.1:1/bucket/acme/x');
  });

  it.each(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])('takes that address from %s', async (name) => {
    vi.stubEnv(name, 'http://127.0.0.1:2');
    expect(await payloads.readUrl('acme/x')).toContain('http://127.0.0.1:2/bucket/acme/x?');
  });
});

describe('uploadUrl', () => {
  const text = '{"large":true}';
  const content = { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };

  it('binds length and digest into the address, as the SDK’s own does', async () => {
    const { url, headers } = await payloads.uploadUrl('acme/x', content);
    const digest = createHash('sha256').update(text).digest('base64');
    expect(headers).toEqual({ 'x-amz-checksum-sha256': digest, 'content-length': '14' });
    const command = new PutObjectCommand({
      Bucket: 'bucket',
      Key: 'acme/x',
      ContentLength: 14,
      ChecksumSHA256: digest,
    });
    const expected = await getSignedUrl(sdk, command, {
      expiresIn: 900,
      unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
      signableHeaders: new Set(['host', 'content-length', 'x-amz-checksum-sha256']),
    });
    expect(partsOf(url)).toEqual(partsOf(expected));
    const own = new URL(url).searchParams;
    expect(own.get('X-Amz-SignedHeaders')).toBe('content-length;host;x-amz-checksum-sha256');
    const names = [...own.keys()].map((name) => name.toLowerCase());
    expect(names.filter((name) => name.includes('checksum') || name.includes('crc32'))).toEqual([]);
  });

  it('signs another address for another length or digest', async () => {
    const signatureOf = async (of: typeof content) =>
      new URL((await payloads.uploadUrl('acme/x', of)).url).searchParams.get('X-Amz-Signature');
    const signatures = [
      await signatureOf(content),
      await signatureOf({ ...content, bytes: content.bytes + 1 }),
      await signatureOf({ ...content, sha256: '0'.repeat(64) }),
      await signatureOf(content),
    ];
    expect(new Set(signatures).size).toBe(3);
    expect(signatures[3]).toBe(signatures[0]);
  });
});
