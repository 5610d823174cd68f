import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { Sockets } from '#core/ports/sockets.ts';
import { callService, isNamed } from '../service-errors.ts';

const gateway = 'The connection';

const isGone = (error: unknown): boolean => isNamed(error, 'GoneException');

/** Sockets of an API Gateway WebSocket API. The client repeats throttled posts; a frame may so arrive twice. */
export const createApiGatewaySockets = (options: { readonly client: ApiGatewayManagementApiClient }): Sockets => ({
  post: async (connectionId, frame) => {
    const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(frame) });
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
  close: async (connectionId) => {
    const command = new DeleteConnectionCommand({ ConnectionId: connectionId });
    try {
      await callService(gateway, () => options.client.send(command));
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
    }
  },
});
