import * as z from 'zod';
import { TaskId } from '#core/contract/ids.ts';
import { TaskStatus, TaskSubmission } from '#core/contract/task.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import type { Services } from '#core/services.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { listTaskViews, readTaskView, taskView } from '#core/tasks/task-view.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { enginePorts } from '../runtime/ports.ts';
import { type FamilyRoutes, NoQuery, pageQuery, route } from '../runtime/route.ts';
import { approvalRoutes } from './approval-routes.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { SubmitBatch, submitBatch } from './submit-batch.ts';

const params = z.object({ taskId: TaskId });
const One = z.object({ params, query: NoQuery });
const Submit = z.object({ query: NoQuery, body: TaskSubmission });
const Batch = z.object({ query: NoQuery, body: SubmitBatch });
const List = z.object({ query: z.strictObject({ ...pageQuery, status: TaskStatus.optional() }) });
const Cancel = z.object({
  params,
  query: NoQuery,
  body: z.strictObject({ reason: z.string().min(1).max(1024).optional() }).default({}),
});

const taskRoutes: FamilyRoutes<'tasks'> = {
  ...approvalRoutes,
  ...deadLetterRoutes,
  'POST /v1/tasks': route(Submit, async (services, { body }, caller) => ({
    status: 201,
    body: await taskView(services, await submitTask(services, { ...caller, submission: body })),
  })),
  'POST /v1/tasks/batch': route(Batch, async (services, { body }, caller) => ({
    status: 200,
    body: { items: await submitBatch(services, body, caller) },
  })),
  'GET /v1/tasks': route(List, async (services, { query }, { principal }) => ({
    status: 200,
    body: await listTaskViews(services, principal.tenant, query),
  })),
  'GET /v1/tasks/{taskId}': route(One, async (services, { params: { taskId } }, { principal }) => ({
    status: 200,
    body: await readTaskView(services, principal.tenant, taskId),
  })),
  'GET /v1/tasks/{taskId}/explain': route(One, async (services, { params: { taskId } }, { principal }) => ({
    status: 200,
    body: await explainTask(services, principal.tenant, taskId),
  })),
  'POST /v1/tasks/{taskId}/cancel': route(Cancel, async (services, { params: { taskId }, body }, { principal }) => {
    const task = await cancelTask(services, principal, taskId, body.reason ?? `Cancelled by ${principal.id}.`);
    return { status: 200, body: await taskView(services, task) };
  }),
};

/** Routes of tasks. */
export const createTasksHandler = (services: Services) => httpHandler<'tasks'>(services, taskRoutes);

export const handler = createTasksHandler(buildServices(enginePorts));
