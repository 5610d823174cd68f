import { deadLetterOperations as operations } from '#core/contract/operations/dead-letters.ts';
import { listDeadLetters, redrive } from '#core/dead-letters/dead-letters.ts';
import { acceptLateResult } from '#core/tasks/accept-late-result.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { route } from '../runtime/route.ts';

/** Routes for what went wrong: doing tasks again, and taking a result that came too late. */
export const deadLetterRoutes = {
  'POST /v1/tasks/{taskId}/retry': route(
    operations['POST /v1/tasks/{taskId}/retry'],
    async (services, { params: { taskId }, body }, caller) => ({
      body: await taskView(services, await retryTask(services, { ...caller, taskId, runAt: body.runAt })),
    }),
  ),
  'POST /v1/tasks/{taskId}/late-results/{attempt}/accept': route(
    operations['POST /v1/tasks/{taskId}/late-results/{attempt}/accept'],
    async (services, { params }, { principal }) => ({
      body: await taskView(services, await acceptLateResult(services, principal, params)),
    }),
  ),
  'GET /v1/dead-letters': route(operations['GET /v1/dead-letters'], async (services, { query }, { principal }) => ({
    body: await listDeadLetters(services, principal.tenant, query),
  })),
  'POST /v1/dead-letters/redrive': route(
    operations['POST /v1/dead-letters/redrive'],
    async (services, { body }, { principal, idempotencyKey }) => ({
      body: await redrive(services, principal, { ...body, idempotencyKey }),
    }),
  ),
};
