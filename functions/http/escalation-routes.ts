import { escalationOperations as operations } from '#core/contract/operations/escalations.ts';
import { raiseEscalation } from '#core/escalations/raise-escalation.ts';
import { listEscalations, readEscalation } from '#core/escalations/read-escalations.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { route } from '../runtime/route.ts';

/** Routes for what agents cannot settle among themselves. */
export const escalationRoutes = {
  'POST /v1/escalations': route(operations['POST /v1/escalations'], async (services, { body }, caller) => ({
    body: await taskView(services, await raiseEscalation(services, caller, body)),
  })),
  'GET /v1/escalations': route(operations['GET /v1/escalations'], async (services, { query }, { principal }) => ({
    body: await listEscalations(services, principal.tenant, query),
  })),
  'GET /v1/escalations/{taskId}': route(
    operations['GET /v1/escalations/{taskId}'],
    async (services, { params: { taskId } }, { principal }) => ({
      body: await readEscalation(services, principal.tenant, taskId),
    }),
  ),
};
