import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Running } from '../contract.ts';
import type { RawAnswer } from '../engine/engine-client.ts';
import type { Principal } from '../iam/authorizer.ts';
import { readBody } from '../read-body.ts';
import { answerConnections, type ConnectionsHandler } from './connections-door.ts';
import { type CredentialRegistry, readCredentialScope } from './credentials.ts';
import type { Dispatcher } from './dispatcher.ts';
import { answerJson } from './json-door.ts';
import type { S3Door } from './s3-door.ts';
import { answerScheduler } from './scheduler-door.ts';

/** What stands behind the door. */
export interface FrontDoorParts {
  readonly dispatcher: Dispatcher;
  readonly credentials: CredentialRegistry;
  readonly s3: S3Door;
  readonly connections: ConnectionsHandler;
  readonly region: string;
  readonly accountId: string;
}

/** The one address that every AWS SDK client uses (`AWS_ENDPOINT_URL`). */
export interface FrontDoor extends Running {
  readonly url: string;
  /** Until then requests wait, so the door's address can be known before what is behind it exists. */
  open(parts: FrontDoorParts): void;
}

/** Listens at once, answers when opened. @param port 0 for a free one */
export async function startFrontDoor(host: string, port: number): Promise<FrontDoor> {
  const { promise: opened, resolve: open } = Promise.withResolvers<FrontDoorParts>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void opened.then((parts) => handle(parts, request, response)).catch(() => response.destroy());
  });
  const listeningPort = await listen(server, host, port);
  let s3: S3Door | undefined;
  return {
    url: `http://${host}:${listeningPort}`,
    open(parts) {
      s3 = parts.s3;
      open(parts);
    },
    async stop() {
      s3?.close();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function handle(parts: FrontDoorParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const scope = readCredentialScope(request.headers.authorization);
  const principal = scope && parts.credentials.principalOf(scope.accessKeyId);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    const body = await readBody(request);
    write(response, await answerJson(parts.dispatcher, target, body, principal));
    return;
  }
  if (scope?.service === 'scheduler') {
    const { method = 'GET', url = '/' } = request;
    const body = await readBody(request);
    write(response, await answerScheduler(parts.dispatcher, { method, url, body }, principal));
    return;
  }
  if (await handleInvoke(parts, request, response, principal)) return;
  const options = { ...parts, handler: parts.connections, authorizer: parts.dispatcher.authorizer };
  if (await answerConnections(options, request, response, principal)) return;
  await parts.s3.handle(request, response, principal);
}

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations/;

/** Lambda's `Invoke`; false when the url is another. */
async function handleInvoke(
  { dispatcher }: FrontDoorParts,
  request: IncomingMessage,
  response: ServerResponse,
  principal: Principal | undefined,
): Promise<boolean> {
  const name = invokePath.exec(request.url ?? '')?.[1];
  if (name === undefined || principal === undefined) return false;
  const body = await readBody(request);
  const input = {
    FunctionName: decodeURIComponent(name),
    Payload: body.toString(),
    InvocationType: request.headers['x-amz-invocation-type'],
  };
  write(response, await dispatcher.answer({ service: 'lambda', action: 'Invoke', body, input, principal }));
  return true;
}

/** Headers of the answer behind that say something about the bytes it had, not about those sent on. */
const ownHeaders: ReadonlySet<string> = new Set([
  'content-length',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-amz-crc32',
]);

function write(response: ServerResponse, answer: RawAnswer): void {
  const headers: OutgoingHttpHeaders = { 'content-length': answer.body.length };
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !ownHeaders.has(name)) headers[name] = typeof value === 'string' ? value : [...value];
  }
  response.writeHead(answer.statusCode, headers);
  response.end(answer.body);
}
