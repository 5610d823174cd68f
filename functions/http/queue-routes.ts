import { queueOperations as operations } from '#core/contract/operations/queue.ts';
import { clearStuck } from '#core/queue/clear-stuck.ts';
import { queueStatus } from '#core/queue/queue-status.ts';
import { route } from '../runtime/route.ts';

/** Routes of the queue. */
export const queueRoutes = {
  'GET /v1/queue/status': route(operations['GET /v1/queue/status'], async (services, _input, { principal }) => ({
    body: await queueStatus(services, principal.tenant),
  })),
  'POST /v1/queue/clear-stuck': route(
    operations['POST /v1/queue/clear-stuck'],
    async (services, { body }, { principal }) => ({
      body: await clearStuck(services, principal, body.olderThanSeconds * 1000),
    }),
  ),
};
