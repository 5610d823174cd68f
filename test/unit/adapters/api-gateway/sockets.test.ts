import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createApiGatewaySockets } from '#adapters/api-gateway/sockets.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { lastingFaults, transientFaults } from '../faults.ts';

const client = new ApiGatewayManagementApiClient({ region: 'eu-west-1', endpoint: 'https://sockets.test/prod' });
const mock = mockClient(client);
const sockets = createApiGatewaySockets({ client });
const gone = new GoneException({ message: 'gone', $metadata: { httpStatusCode: 410 } });

beforeEach(() => {
  mock.reset();
});

describe('createApiGatewaySockets', () => {
  it('posts a frame as its bytes', async () => {
    mock.on(PostToConnectionCommand).resolves({});
    expect(await sockets.post('c1', '{"ü":1}')).toBe('delivered');
    expect(mock).toHaveReceivedCommandExactlyOnceWith(PostToConnectionCommand, {
      ConnectionId: 'c1',
      Data: Buffer.from('{"ü":1}'),
    });
  });

  it('says that a closed connection is gone', async () => {
    mock.on(PostToConnectionCommand).rejects(gone);
    expect(await sockets.post('c1', '{}')).toBe('gone');
  });

  it('closes a connection, and one that is gone', async () => {
    mock.on(DeleteConnectionCommand).resolvesOnce({}).rejects(gone);
    await sockets.close('c1');
    await sockets.close('c1');
    expect(mock).toHaveReceivedCommandTimes(DeleteConnectionCommand, 2);
    expect(mock).toHaveReceivedCommandWith(DeleteConnectionCommand, { ConnectionId: 'c1' });
  });

  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(sockets.post('c1', '{}')).rejects.toThrow(UnavailableError);
    await expect(sockets.close('c1')).rejects.toThrow(UnavailableError);
  });

  it.each(lastingFaults)('passes %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(sockets.post('c1', '{}')).rejects.toBe(fault);
    await expect(sockets.close('c1')).rejects.toBe(fault);
  });
});
