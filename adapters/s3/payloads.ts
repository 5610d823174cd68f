import { limits } from '#core/contract/limits.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Payloads } from '#core/ports/payloads.ts';
import { type Backoff, defaultBackoff } from '../backoff.ts';
import { callService, isNamed, isTransient } from '../service-errors.ts';
import { type BucketOptions, createSigner, type ObjectRequest } from './signed-requests.ts';

export interface S3PayloadsOptions extends BucketOptions {
  /** @default three attempts */
  readonly backoff?: Backoff;
}

const store = 'The payload store';

const checksumHeader = 'x-amz-checksum-sha256';

const contentType = 'application/json';

/** Payloads are larger than other requests, hence longer than other calls may take. */
const attemptMs = 10_000;

/** A refusal of S3 by the name that it gives, with the status: what the other adapters' errors look like. */
class S3Error extends Error {
  override readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number };
  constructor(name: string, status: number) {
    super(`S3 answered ${status} ${name}`);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

/** No answer: by the name of what went wrong with the connection. */
class ConnectionError extends Error {
  override readonly name: string;
  constructor(cause: unknown) {
    super('S3 did not answer', { cause });
    this.name = cause instanceof Error && 'code' in cause ? String(cause.code) : 'NetworkingError';
  }
}

const errorOf = (text: string, status: number): S3Error =>
  new S3Error(/<Code>([^<]{1,64})<\/Code>/.exec(text)?.[1] ?? (status === 404 ? 'NotFound' : 'Unknown'), status);

type Signer = ReturnType<typeof createSigner>;

const sendOnce = async (signer: Signer, request: ObjectRequest): Promise<string> => {
  const { url, headers } = await signer.signed(request);
  const { method, body } = request;
  let response: Response;
  try {
    response = await fetch(url, { method, headers, body: body ?? null, signal: AbortSignal.timeout(attemptMs) });
  } catch (error) {
    // What fetch says of a connection stands in the cause; a timeout has its own name.
    throw error instanceof TypeError ? new ConnectionError(error.cause) : error;
  }
  const text = await response.text();
  if (!response.ok) throw errorOf(text, response.status);
  return text;
};

const send = async (signer: Signer, request: ObjectRequest, { attempts, wait }: Backoff): Promise<string> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendOnce(signer, request);
    } catch (error) {
      if (!isTransient(error) || attempt >= attempts) throw error;
      await wait(attempt);
    }
  }
};

/**
 * Payloads as objects of a bucket, whose lifecycle rule expires them. Four requests need no client: the SDK's is a fifth
 * of a function's bundle.
 */
export const createS3Payloads = (options: S3PayloadsOptions): Payloads => {
  const signer = createSigner(options);
  const backoff = options.backoff ?? { ...defaultBackoff, attempts: 3 };
  const call = (request: ObjectRequest): Promise<string> => callService(store, () => send(signer, request, backoff));
  return {
    put: async (ref, text) => {
      await call({ method: 'PUT', key: ref, body: Buffer.from(text), headers: { 'content-type': contentType } });
    },
    get: async (ref) => {
      try {
        return await call({ method: 'GET', key: ref });
      } catch (error) {
        // Who may read objects but not list them is told AccessDenied of one that is not there.
        if (isNamed(error, 'NoSuchKey', 'NotFound', 'AccessDenied')) throw new NotFoundError('payload', ref);
        throw error;
      }
    },
    readUrl: async (ref) => signer.presigned({ method: 'GET', key: ref }, limits.payloadUrlSeconds),
    /**
     * An address that takes these bytes alone: length and digest are signed headers, and S3 checks the digest. Any other
     * body is answered 403 or 400.
     */
    uploadUrl: async (ref, content) => {
      const headers = {
        [checksumHeader]: Buffer.from(content.sha256, 'hex').toString('base64'),
        'content-length': String(content.bytes),
      };
      return { url: await signer.presigned({ method: 'PUT', key: ref, headers }, limits.payloadUrlSeconds), headers };
    },
  };
};
