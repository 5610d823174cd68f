import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApiGatewaySockets } from '#adapters/api-gateway/sockets.ts';
import {
  createEventBridgeClient,
  createSecretsManagerClient,
  createSocketsClient,
  createSqsClient,
  createStepFunctionsClient,
  createTableClient,
} from '#adapters/aws-clients.ts';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import { addressOf } from '#core/contract/address.ts';
import { decodeBinary } from '#core/contract/binary/binary-frame.ts';
import { UnavailableError } from '#core/errors/errors.ts';

const serve = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { endpoint: `http://127.0.0.1:${port}`, stop };
};

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('clients', () => {
  it('try three times each', async () => {
    const options = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' };
    const clients = [
      createTableClient(options),
      createSqsClient(options),
      createSocketsClient(options),
      createStepFunctionsClient(options),
      createEventBridgeClient(options),
      createSecretsManagerClient(options),
    ];
    const attempts = await Promise.all(clients.map(async (client) => client.config.maxAttempts()));
    expect(attempts).toEqual([3, 3, 3, 3, 3, 3]);
  });

  it('prepare nothing for a log that nobody reads', () => {
    const options = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' };
    for (const { middlewareStack } of [createTableClient(options), createSocketsClient(options)]) {
      const names = middlewareStack.identify().join();
      expect(names).toContain('retryMiddleware');
      expect(names).not.toContain('loggerMiddleware');
    }
  });

  it('repeat a throttled post and then say that the gateway is unavailable', async () => {
    const paths: (string | undefined)[] = [];
    const { endpoint, stop } = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(429, { 'x-amzn-errortype': 'LimitExceededException' }).end('{}');
    });
    const client = createSocketsClient({ region: 'eu-west-1', endpoint: `${endpoint}/prod` });
    await expect(createApiGatewaySockets({ client }).post('c=1', '{}')).rejects.toThrow(UnavailableError);
    client.destroy();
    await stop();
    expect(paths).toEqual(Array.from({ length: 3 }, () => '/prod/@connections/c%3D1'));
  });

  it('write a frame in the encoding that the address names, to the connection that it names', async () => {
    const posted: { readonly path: string | undefined; readonly body: string }[] = [];
    const { endpoint, stop } = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        posted.push({ path: request.url, body: Buffer.concat(chunks).toString() });
        response.end();
      });
    });
    const client = createSocketsClient({ region: 'eu-west-1', endpoint });
    const frame = { v: 1, type: 'ack', id: 'p-1', seq: 0, ts: 5, payload: { id: 'f-1' } };
    const sockets = createApiGatewaySockets({ client });
    expect(await sockets.post(addressOf('c1', 'binary'), JSON.stringify(frame))).toBe('delivered');
    expect(await sockets.post(addressOf('c1', 'json'), JSON.stringify(frame))).toBe('delivered');
    await sockets.close(addressOf('c1', 'binary'));
    client.destroy();
    await stop();
    expect(posted.map(({ path }) => path)).toEqual(['/@connections/c1', '/@connections/c1', '/@connections/c1']);
    expect(decodeBinary(posted[0]?.body ?? '')).toEqual(frame);
    expect(JSON.parse(posted[1]?.body ?? '')).toEqual(frame);
  });

  it('read 410 as gone without repeating', async () => {
    let requests = 0;
    const { endpoint, stop } = await serve((_request, response) => {
      requests += 1;
      response.writeHead(410, { 'x-amzn-errortype': 'GoneException' }).end('{}');
    });
    const client = createSocketsClient({ region: 'eu-west-1', endpoint });
    expect(await createApiGatewaySockets({ client }).post('c1', '{}')).toBe('gone');
    client.destroy();
    await stop();
    expect(requests).toBe(1);
  });

  it('say that a store is unavailable that nobody serves', async () => {
    const { endpoint, stop } = await serve(() => undefined);
    await stop();
    const client = createTableClient({ region: 'eu-west-1', endpoint });
    const table = createDynamoTable({ client, tableName: 'table' });
    await expect(table.get({ pk: 'p', sk: 's' })).rejects.toThrow(UnavailableError);
    client.destroy();
  });
});
