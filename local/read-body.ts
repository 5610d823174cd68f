import type { IncomingMessage } from 'node:http';

/** The request's body. @throws when the client goes before it has sent it. */
export function readBody(request: IncomingMessage): Promise<Buffer>;
/** The request's body, or undefined when it is larger than `maxBytes`; nothing beyond that is kept. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined>;
export function readBody(
  request: IncomingMessage,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(undefined);
  // With listeners, as an async iterator of a stream costs more than all that is done with a small body.
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else resolve(undefined);
  });
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  request.on('error', reject);
  return promise;
}
