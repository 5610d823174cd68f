import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Where functions post to sockets, whichever API that turns out to be. */
export interface ConnectionsProxy {
  readonly endpoint: string;
  /** From now on requests go to this address. */
  leadTo(address: string): void;
  stop(): Promise<void>;
}

/**
 * Stands for the name `<api id>.execute-api.…` of the WebSocket API: the functions' environment is fixed when the cloud
 * starts, the API's id is known only when the stack has been deployed. Hands requests on as they are.
 */
export const startConnectionsProxy = async (cloud: string): Promise<ConnectionsProxy> => {
  let target = cloud;
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const answer = await fetch(`${target}${request.url ?? '/'}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? 'application/octet-stream',
      },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      ...(answer.status === 410 ? { 'x-amzn-errortype': 'GoneException' } : {}),
    });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    forward(request, response).catch((error: unknown) => response.writeHead(502).end(String(error)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    leadTo: (found) => void (target = found),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
