import { sha256Hex } from '#core/common/hash-id.ts';
import { messageOperations as operations } from '#core/contract/operations/messages.ts';
import { sendMessages } from '#core/messaging/send-messages.ts';
import { route } from '../runtime/route.ts';

/** Routes of messages: a principal that is no agent speaks for itself. */
export const messageRoutes = {
  'POST /v1/messages': route(
    operations['POST /v1/messages'],
    async (services, { body }, { principal, idempotencyKey }) => {
      const frameId = sha256Hex(idempotencyKey);
      return {
        body: { results: await sendMessages(services, { principal, from: principal.id, frameId, sending: body }) },
      };
    },
  ),
};
