import { createHash } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createS3Payloads } from '#adapters/s3/payloads.ts';
import type { Payloads } from '#core/ports/payloads.ts';
import { createInMemoryPayloads } from '../support/recording-ports.ts';
import { payloadsContract } from './payloads.contract.ts';

let server: FauxqsServer | undefined;
let stored: Payloads | undefined;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = new S3Client({ region: 'eu-west-1', endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'payloads' }));
  client.destroy();
  stored = createS3Payloads({ region: 'eu-west-1', endpoint, bucket: 'payloads' });
});

afterAll(async () => {
  await server?.stop();
  vi.unstubAllEnvs();
});

const openStored = (): Payloads => {
  if (stored === undefined) {
    throw new Error('the object store is not running');
  }
  return stored;
};

payloadsContract('twin', () => createInMemoryPayloads());
payloadsContract('S3', openStored);

describe('addresses of stored payloads', () => {
  it('take a plain upload and give a plain download', async () => {
    const body = '{"large":"ü"}';
    const { url, headers } = await openStored().uploadUrl('acme/uploaded', {
      bytes: Buffer.byteLength(body),
      sha256: createHash('sha256').update(body).digest('hex'),
    });
    const uploaded = await fetch(url, { method: 'PUT', body, headers });
    expect(uploaded.status).toBe(200);
    expect(await openStored().get('acme/uploaded')).toBe(body);
    const downloaded = await fetch(await openStored().readUrl('acme/uploaded'));
    expect(await downloaded.text()).toBe(body);
  });
});
