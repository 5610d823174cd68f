import type { AccessRequest } from '../iam/authorizer.ts';

/** A request to S3 with the bucket taken out of the host name, if it was there. */
export interface S3Request {
  readonly method: string;
  /** Path-style: `/bucket/key`, still percent-encoded. */
  readonly path: string;
  readonly bucket: string;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** `bucket/key` of a copy's source, decoded. */
  readonly copySource: string | undefined;
}

/** Reads a request in either style: `127.0.0.1/bucket/key` or `bucket.localhost/key`. */
export function readS3Request(method: string, url: string, host: string, copySource: string | undefined): S3Request {
  const [rawPath = '/', rawQuery = ''] = url.split(/\?(.*)/s, 2);
  const hostname = host.replace(/:\d+$/, '');
  const isBucketHost = hostname.includes('.') && !/^[\d.]+$/.test(hostname);
  const path = isBucketHost ? `/${hostname.slice(0, hostname.indexOf('.'))}${rawPath}` : rawPath;
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return {
    method,
    path,
    bucket: decodeURIComponent(bucket),
    key: decodeURIComponent(key),
    query: new URLSearchParams(rawQuery),
    copySource: copySource === undefined ? undefined : decodeURIComponent(copySource).replace(/^\//, ''),
  };
}

const objectActions: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  POST: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};
const bucketActions: Readonly<Record<string, string>> = {
  GET: 's3:ListBucket',
  HEAD: 's3:ListBucket',
  PUT: 's3:CreateBucket',
  DELETE: 's3:DeleteBucket',
};

/** Which permissions an S3 request needs. */
export function s3AccessRequests(request: S3Request): readonly AccessRequest[] {
  const { method, bucket, key, query, copySource } = request;
  const bucketArn = `arn:aws:s3:::${bucket}`;
  if (bucket === '') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  if (key === '') {
    if (method === 'POST' && query.has('delete')) return [{ action: 's3:DeleteObject', resource: `${bucketArn}/*` }];
    return [{ action: bucketActions[method] ?? `s3:${method}Bucket`, resource: bucketArn }];
  }
  const isAbort = method === 'DELETE' && query.has('uploadId');
  const action = isAbort ? 's3:AbortMultipartUpload' : (objectActions[method] ?? `s3:${method}Object`);
  const own = { action: query.has('tagging') ? `${action}Tagging` : action, resource: `${bucketArn}/${key}` };
  if (copySource === undefined) return [own];
  return [own, { action: 's3:GetObject', resource: `arn:aws:s3:::${copySource.split('?')[0]}` }];
}
