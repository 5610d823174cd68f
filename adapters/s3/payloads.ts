import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { limits } from '#core/contract/limits.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Payloads } from '#core/ports/payloads.ts';
import { callService, isNamed } from '../service-errors.ts';

export interface S3PayloadsOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

const store = 'The payload store';

const checksumHeader = 'x-amz-checksum-sha256';

const contentType = 'application/json';

const get = async ({ client, bucket }: S3PayloadsOptions, ref: string): Promise<string> => {
  try {
    return await callService(store, async () => {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: ref }));
      return (await answer.Body?.transformToString('utf8')) ?? '';
    });
  } catch (error) {
    // Who may read objects but not list them is told AccessDenied of one that is not there.
    if (isNamed(error, 'NoSuchKey', 'NotFound', 'AccessDenied')) {
      throw new NotFoundError('payload', ref);
    }
    throw error;
  }
};

/**
 * An address that takes these bytes alone: length and digest are signed headers, and S3 checks the digest. Any other
 * body is answered 403 or 400.
 */
const uploadUrl = async (
  { client, bucket }: S3PayloadsOptions,
  ref: string,
  content: { readonly bytes: number; readonly sha256: string },
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> => {
  const digest = Buffer.from(content.sha256, 'hex').toString('base64');
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: ref,
    ContentLength: content.bytes,
    ChecksumSHA256: digest,
  });
  const url = await getSignedUrl(client, command, {
    expiresIn: limits.payloadUrlSeconds,
    // As query parameters they would be signed too, but S3 would not compare the body with them.
    unhoistableHeaders: new Set([checksumHeader]),
    signableHeaders: new Set(['host', 'content-length', checksumHeader]),
  });
  return { url, headers: { [checksumHeader]: digest, 'content-length': String(content.bytes) } };
};

/** Payloads as objects of a bucket, whose lifecycle rule expires them. */
export const createS3Payloads = (options: S3PayloadsOptions): Payloads => {
  const { client, bucket } = options;
  return {
    put: async (ref, text) => {
      const body = Buffer.from(text);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: ref,
        Body: body,
        ContentLength: body.length,
        ContentType: contentType,
      });
      await callService(store, () => client.send(command));
    },
    get: async (ref) => get(options, ref),
    readUrl: async (ref) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: ref }), { expiresIn: limits.payloadUrlSeconds }),
    uploadUrl: async (ref, content) => uploadUrl(options, ref, content),
  };
};
