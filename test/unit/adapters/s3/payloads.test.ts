import { createHash } from 'node:crypto';
import { GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createS3Client } from '#adapters/aws-clients.ts';
import { createS3Payloads } from '#adapters/s3/payloads.ts';
import { NotFoundError, UnavailableError } from '#core/errors/errors.ts';
import { lastingFaults, transientFaults } from '../faults.ts';

const client = createS3Client({ region: 'eu-west-1' });
const mock = mockClient(client);
const payloads = createS3Payloads({ client, bucket: 'bucket' });
const bodyOf = (text: string) => ({
  Body: Object.assign(new Blob([text]), {
    transformToString: async () => text,
    transformToByteArray: async () => new TextEncoder().encode(text),
    transformToWebStream: () => new ReadableStream(),
  }),
});

beforeEach(() => {
  mock.reset();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('put and get', () => {
  it('store a text under its ref', async () => {
    mock.on(PutObjectCommand).resolves({});
    await payloads.put('acme/x', '{"a":1}');
    expect(mock).toHaveReceivedCommandExactlyOnceWith(PutObjectCommand, {
      Bucket: 'bucket',
      Key: 'acme/x',
      Body: Buffer.from('{"a":1}'),
      ContentLength: 7,
      ContentType: 'application/json',
    });
  });

  it('read it back', async () => {
    mock.on(GetObjectCommand).resolves(bodyOf('{"a":1}'));
    expect(await payloads.get('acme/x')).toBe('{"a":1}');
    expect(mock).toHaveReceivedCommandExactlyOnceWith(GetObjectCommand, { Bucket: 'bucket', Key: 'acme/x' });
  });

  it('do not know an expired ref', async () => {
    mock.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'none', $metadata: { httpStatusCode: 404 } }));
    await expect(payloads.get('acme/x')).rejects.toThrow(NotFoundError);
  });

  it.each(transientFaults)('call %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(payloads.put('acme/x', '')).rejects.toThrow(UnavailableError);
    await expect(payloads.get('acme/x')).rejects.toThrow(UnavailableError);
  });

  it.each(lastingFaults)('pass %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(payloads.put('acme/x', '')).rejects.toBe(fault);
    await expect(payloads.get('acme/x')).rejects.toBe(fault);
  });
});

describe('readUrl', () => {
  it('gives an address for a quarter of an hour', async () => {
    const url = new URL(await payloads.readUrl('acme/x'));
    expect(url.host).toBe('bucket.s3.eu-west-1.amazonaws.com');
    expect(url.pathname).toBe('/acme/x');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
  });

  it('puts the bucket into the path when told', async () => {
    const local = createS3Client({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:1', forcePathStyle: true });
    const url = new URL(await createS3Payloads({ client: local, bucket: 'bucket' }).readUrl('acme/x'));
    expect(url.origin + url.pathname).toBe('http://127.0.0.1:1/bucket/acme/x');
  });
});

describe('uploadUrl', () => {
  const text = '{"large":true}';
  const content = { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };

  it('binds length and digest into the address', async () => {
    const { url, headers } = await payloads.uploadUrl('acme/x', content);
    const parameters = new URL(url).searchParams;
    expect(parameters.get('X-Amz-SignedHeaders')).toBe('content-length;host;x-amz-checksum-sha256');
    expect(parameters.get('X-Amz-Expires')).toBe('900');
    expect(headers).toEqual({
      'x-amz-checksum-sha256': createHash('sha256').update(text).digest('base64'),
      'content-length': '14',
    });
  });

  it('asks for nothing that a plain upload could not send', async () => {
    const { url } = await payloads.uploadUrl('acme/x', content);
    const names = [...new URL(url).searchParams.keys()].map((name) => name.toLowerCase());
    expect(names.filter((name) => name.includes('checksum') || name.includes('crc32'))).toEqual([]);
  });

  it('signs another address for another length or digest', async () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    const signatureOf = async (of: typeof content) =>
      new URL((await payloads.uploadUrl('acme/x', of)).url).searchParams.get('X-Amz-Signature');
    const signatures = [
      await signatureOf(content),
      await signatureOf({ ...content, bytes: content.bytes + 1 }),
      await signatureOf({ ...content, sha256: '0'.repeat(64) }),
      await signatureOf(content),
    ];
    vi.useRealTimers();
    expect(new Set(signatures).size).toBe(3);
    expect(signatures[3]).toBe(signatures[0]);
  });
});
