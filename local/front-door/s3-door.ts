import { createHash } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { AwsError, type Clock, type Meter } from '../contract.ts';
import type { Authorizer, Principal } from '../iam/authorizer.ts';
import { toAwsError } from './backend.ts';
import type { CredentialRegistry } from './credentials.ts';
import { presignedAccessKeyId, verifyPresignedUrl } from './presigned-url.ts';
import { type CorsRule, corsHeaders } from './s3-cors.ts';
import { readS3Request, type S3Request, s3AccessRequests } from './s3-request.ts';

/** What the door to S3 needs. */
export interface S3DoorOptions {
  /** Where S3 answers, path-style. */
  readonly endpoint: string;
  readonly authorizer: Authorizer;
  readonly credentials: CredentialRegistry;
  readonly meter: Meter;
  readonly clock: Clock;
  /** What browsers may do with a bucket. @default nothing */
  readonly corsRules?: (bucket: string) => readonly CorsRule[];
}

/** Serves S3's REST protocol: checks who asks, by header or presigned url, and streams to the service behind. */
export class S3Door {
  readonly #options: S3DoorOptions;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(options: S3DoorOptions) {
    this.#options = options;
  }

  /** Answers one request; `principal` is whom its `Authorization` header names. */
  async handle(incoming: IncomingMessage, response: ServerResponse, principal: Principal | undefined): Promise<void> {
    try {
      const request = readRequest(incoming);
      const cors = corsHeaders(this.#options.corsRules?.(request.bucket) ?? [], request.method, incoming.headers);
      for (const [name, value] of Object.entries(cors ?? {})) response.setHeader(name, value);
      if (request.method === 'OPTIONS') {
        answerPreflight(response, cors !== undefined);
        return;
      }
      const caller = principal ?? this.#presigner(incoming);
      this.#check(request, caller);
      this.#options.meter.count(isRead(request) ? 's3.getRequests' : 's3.putRequests', 1);
      await this.#forward(request, caller, { incoming, response });
    } catch (error) {
      incoming.resume();
      writeError(response, error, incoming.method === 'HEAD');
    }
  }

  /** Ends the connections that were kept open. */
  close(): void {
    this.#agent.destroy();
  }

  #presigner(incoming: IncomingMessage): Principal {
    const { credentials, clock } = this.#options;
    const url = incoming.url ?? '/';
    const accessKeyId = presignedAccessKeyId(url);
    if (accessKeyId === undefined) throw new AwsError('AccessDenied', 'Access Denied', 403);
    const principal = credentials.principalOf(accessKeyId);
    if (principal === undefined) {
      throw new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        403,
      );
    }
    const signed = { method: incoming.method ?? 'GET', url, headers: incoming.headers };
    verifyPresignedUrl(signed, credentials.secretOf(accessKeyId), clock.now());
    return principal;
  }

  #check(request: S3Request, principal: Principal): void {
    for (const access of s3AccessRequests(request)) this.#options.authorizer.check(principal, access);
  }

  /** Who may not list a bucket is not told that a key is missing: S3 says AccessDenied instead. */
  #hidesMissing(request: S3Request, caller: Principal): boolean {
    const listing = { action: 's3:ListBucket', resource: `arn:aws:s3:::${request.bucket}` };
    return isRead(request) && this.#options.authorizer.decide(caller, listing) !== 'allowed';
  }

  async #forward(
    request: S3Request,
    caller: Principal,
    { incoming, response }: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
  ): Promise<void> {
    const body = await checkedBody(incoming);
    const { hostname, port, host } = new URL(this.#options.endpoint);
    const search = /\?.*$/s.exec(incoming.url ?? '')?.[0] ?? '';
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = httpRequest(
      {
        agent: this.#agent,
        hostname,
        port,
        method: request.method,
        path: `${request.path}${search}`,
        headers: { ...withoutHopHeaders(incoming), ...readableType(incoming), host },
      },
      resolve,
    );
    outgoing.on('error', reject);
    const sent = pipeline(body, outgoing);
    const answer = await Promise.race([promise, sent.then(() => promise)]);
    if (answer.statusCode === 404 && this.#hidesMissing(request, caller)) {
      answer.resume();
      throw new AwsError('AccessDenied', 'Access Denied', 403);
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    await pipeline(answer, response);
    await sent;
  }
}

/** The service behind takes a body of this type for a form, which curl and urllib call every body by default. */
function readableType({ headers }: IncomingMessage): { readonly 'content-type'?: string } {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return isForm ? { 'content-type': 'application/octet-stream' } : {};
}

function readRequest(incoming: IncomingMessage): S3Request {
  const { method = 'GET', url = '/', headers } = incoming;
  const source = headers['x-amz-copy-source'];
  try {
    return readS3Request(method, url, headers.host ?? '', typeof source === 'string' ? source : undefined);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.", 400);
  }
}

/** A body whose SHA-256 is announced is read whole and compared first, as S3 does: the service behind does not. */
async function checkedBody(incoming: IncomingMessage): Promise<IncomingMessage | readonly Buffer[]> {
  const announced = incoming.headers['x-amz-checksum-sha256'];
  if (announced === undefined) return incoming;
  const body = await buffer(incoming);
  if (createHash('sha256').update(body).digest('base64') === announced) return [body];
  const message = 'The SHA256 you specified did not match the calculated checksum.';
  throw new AwsError('BadDigest', message, 400);
}

/** `Expect` was answered here already. */
function withoutHopHeaders(incoming: IncomingMessage): IncomingMessage['headers'] {
  const { connection: _connection, expect: _expect, ...headers } = incoming.headers;
  return headers;
}

function answerPreflight(response: ServerResponse, isAllowed: boolean): void {
  if (!isAllowed) throw new AwsError('AccessForbidden', 'CORSResponse: This CORS request is not allowed.', 403);
  response.writeHead(200).end();
}

function isRead(request: S3Request): boolean {
  return (request.method === 'GET' && request.key !== '') || request.method === 'HEAD';
}

function writeError(response: ServerResponse, error: unknown, isHead: boolean): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, message, statusCode } = toAwsError(error);
  const name = code === 'AccessDeniedException' ? 'AccessDenied' : code;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${name}</Code><Message>${escape(message)}</Message></Error>`;
  response.writeHead(statusCode, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
