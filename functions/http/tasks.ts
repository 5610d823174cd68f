import { taskOperations as operations } from '#core/contract/operations/tasks.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import type { Services } from '#core/services.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { listTaskViews, readTaskView, taskView } from '#core/tasks/task-view.ts';
import { submitAdmitted } from '#core/tenants/admission.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { enginePorts } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';
import { approvalRoutes } from './approval-routes.ts';
import { conflictRoutes } from './conflict-routes.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { escalationRoutes } from './escalation-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { queueRoutes } from './queue-routes.ts';
import { submitBatch } from './submit-batch.ts';

const taskRoutes: FamilyRoutes<'tasks'> = {
  ...approvalRoutes,
  ...conflictRoutes,
  ...deadLetterRoutes,
  ...escalationRoutes,
  ...messageRoutes,
  ...queueRoutes,
  'POST /v1/tasks': route(operations['POST /v1/tasks'], async (services, { body }, caller) => ({
    body: await taskView(services, await submitAdmitted(services, { ...caller, submission: body })),
  })),
  'POST /v1/tasks/batch': route(operations['POST /v1/tasks/batch'], async (services, { body }, caller) => ({
    body: { items: await submitBatch(services, body, caller) },
  })),
  'GET /v1/tasks': route(operations['GET /v1/tasks'], async (services, { query }, { principal }) => ({
    body: await listTaskViews(services, principal.tenant, query),
  })),
  'GET /v1/tasks/{taskId}': route(
    operations['GET /v1/tasks/{taskId}'],
    async (services, { params: { taskId } }, { principal }) => ({
      body: await readTaskView(services, principal.tenant, taskId),
    }),
  ),
  'GET /v1/tasks/{taskId}/explain': route(
    operations['GET /v1/tasks/{taskId}/explain'],
    async (services, { params: { taskId } }, { principal }) => ({
      body: await explainTask(services, principal.tenant, taskId),
    }),
  ),
  'POST /v1/tasks/{taskId}/cancel': route(
    operations['POST /v1/tasks/{taskId}/cancel'],
    async (services, { params: { taskId }, body }, { principal }) => {
      const task = await cancelTask(services, principal, taskId, body.reason ?? `Cancelled by ${principal.id}.`);
      return { body: await taskView(services, task) };
    },
  ),
};

/** Routes of tasks. */
export const createTasksHandler = (services: Services) => httpHandler<'tasks'>(services, taskRoutes);

export const handler = createTasksHandler(buildServices(enginePorts));
