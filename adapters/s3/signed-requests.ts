import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from '../lambda-credentials.ts';

/** Which bucket, and where. */
export interface BucketOptions {
  readonly bucket: string;
  /** @default AWS_REGION */
  readonly region?: string;
  /** Instead of AWS's own address; the bucket is then a part of the path. @default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL */
  readonly endpoint?: string | undefined;
}

/** SHA-256 as the signer takes it: keyed when it is given a key. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new TypeError('A hash of the signer is used once.');
  }
}

const bytesOf = (data: string | ArrayBuffer | ArrayBufferView): Uint8Array => {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
};

/** As S3 wants the path: everything but unreserved characters and slashes is encoded. */
const encodedPath = (path: string): string =>
  path
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/');

const placeOf = ({ bucket, endpoint }: BucketOptions, region: string, key: string): URL => {
  const own = endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  if (own !== undefined) return new URL(`${own.replace(/\/$/, '')}/${encodedPath(`${bucket}/${key}`)}`);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(`https://${bucket}.s3.${region}.${suffix}/${encodedPath(key)}`);
};

const unsigned = 'UNSIGNED-PAYLOAD';
const payloadHash = 'X-Amz-Content-Sha256';

/** A request on one object, before it is signed. */
export interface ObjectRequest {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** The query as it was signed: a blank is `%20`. */
const addressOf = (url: string, query: Readonly<Record<string, unknown>>): string => {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return `${url}?${new URLSearchParams(pairs).toString().replaceAll('+', '%20')}`;
};

/** Signs requests on the objects of one bucket with the function's own credentials. */
export const createSigner = (options: BucketOptions) => {
  const region = options.region ?? process.env['AWS_REGION'] ?? '';
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: defaultProvider(),
    sha256: Sha256,
    // The path is signed as it is sent.
    uriEscapePath: false,
  });
  const unsignedRequest = ({ method, key, headers = {} }: ObjectRequest) => {
    const { protocol, hostname, port, host, pathname } = placeOf(options, region, key);
    return {
      url: `${protocol}//${host}${pathname}`,
      request: {
        method,
        protocol,
        hostname,
        ...(port === '' ? {} : { port: Number(port) }),
        path: pathname,
        // Says in S3's access log what is asked, as the SDK has it.
        query: { 'x-id': method === 'GET' ? 'GetObject' : 'PutObject' },
        headers: { host, ...headers },
      },
    };
  };
  return {
    /** What `fetch` takes: the address, and everything that is signed. */
    signed: async (
      wanted: ObjectRequest,
    ): Promise<{ readonly url: string; readonly headers: Record<string, string> }> => {
      const { url, request } = unsignedRequest(wanted);
      const digest = createHash('sha256')
        .update(wanted.body ?? '')
        .digest('hex');
      const { headers } = await signer.sign({ ...request, headers: { ...request.headers, [payloadHash]: digest } });
      const { host: _host, ...rest } = headers;
      return { url: addressOf(url, request.query), headers: rest };
    },
    /** An address that carries the signature itself; the headers named are part of it and must be sent. */
    presigned: async (wanted: ObjectRequest, expiresInSeconds: number): Promise<string> => {
      const { url, request } = unsignedRequest(wanted);
      const named = Object.keys(wanted.headers ?? {});
      const { query = {} } = await signer.presign(
        { ...request, headers: { ...request.headers, [payloadHash]: unsigned } },
        {
          expiresIn: expiresInSeconds,
          // As query parameters they would be signed too, but S3 would not compare the body with them.
          unhoistableHeaders: new Set(named),
          signableHeaders: new Set(['host', ...named]),
        },
      );
      return addressOf(url, query);
    },
  };
};
