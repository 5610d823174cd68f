import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { connectionIdOf, encodingOf } from '#core/contract/address.ts';
import { inEncoding } from '#core/contract/binary/binary-frame.ts';
import type { Sockets } from '#core/ports/sockets.ts';
import { callService, isNamed } from '../service-errors.ts';

const gateway = 'The connection';

const isGone = (error: unknown): boolean => isNamed(error, 'GoneException');

/** Sockets of an API Gateway WebSocket API; frames in the encoding that the address names. The client repeats throttled posts; a frame may so arrive twice. */
export const createApiGatewaySockets = (options: { readonly client: ApiGatewayManagementApiClient }): Sockets => ({
  post: async (address, frame) => {
    const text = inEncoding(encodingOf(address), frame);
    const command = new PostToConnectionCommand({ ConnectionId: connectionIdOf(address), Data: Buffer.from(text) });
    try {
      await callService(gateway, () => options.client.send(command));
      return 'delivered';
    } catch (error) {
      if (isGone(error)) {
        return 'gone';
      }
      throw error;
    }
  },
  close: async (address) => {
    const command = new DeleteConnectionCommand({ ConnectionId: connectionIdOf(address) });
    try {
      await callService(gateway, () => options.client.send(command));
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
    }
  },
});
