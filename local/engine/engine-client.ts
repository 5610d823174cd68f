import { Agent, request } from 'node:http';
import * as z from 'zod';
import { AwsError } from '../contract.ts';

const ErrorBody = z.looseObject({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() });

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends JSON-protocol requests to one address over connections that stay open. */
export interface JsonClient {
  /** One request with the body as given; never throws for an error answer. */
  send(target: string, body: string | Buffer): Promise<RawAnswer>;
  /** One request with an input object. @throws AwsError for an error answer. */
  call(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  close(): void;
}

const Output = z.record(z.string(), z.unknown());

/** A client of a service that speaks AWS JSON 1.0, such as DynamoDB (`targetPrefix` `DynamoDB_20120810`). */
export function createJsonClient(endpoint: string, targetPrefix: string, service: string): JsonClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, scheduling: 'lifo' });
  const { hostname, port } = new URL(endpoint);
  const credential = `AWS4-HMAC-SHA256 Credential=local/20240101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=local`;
  const send = (target: string, body: string | Buffer): Promise<RawAnswer> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(body),
      'x-amz-target': target,
      'x-amz-date': '20240101T000000Z',
      authorization: credential,
    };
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
    const outgoing = request({ agent, hostname, port, method: 'POST', path: '/', headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          statusCode: incoming.statusCode ?? 500,
          headers: incoming.headers,
          body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  };
  return {
    send,
    close: () => agent.destroy(),
    async call(operation, input) {
      const answer = await send(`${targetPrefix}.${operation}`, JSON.stringify(input));
      if (answer.statusCode < 300) return Output.parse(JSON.parse(answer.body.toString() || '{}'));
      throw parseError(answer);
    },
  };
}

/** The error of a JSON-protocol answer. */
export function parseError(answer: RawAnswer): AwsError {
  const parsed = ErrorBody.safeParse(readJson(answer.body));
  if (!parsed.success) return new AwsError('InternalServerError', answer.body.toString(), answer.statusCode);
  const { __type: type, message, Message } = parsed.data;
  return new AwsError(type.split('#').at(-1) ?? type, message ?? Message ?? type, answer.statusCode);
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
