import * as z from 'zod';
import { Name, TaskId } from '#core/contract/ids.ts';
import { limits } from '#core/contract/limits.ts';
import { listDeadLetters, redrive } from '#core/dead-letters/dead-letters.ts';
import { acceptLateResult } from '#core/tasks/accept-late-result.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { NoQuery, pageQuery, route } from '../runtime/route.ts';

const filter = { type: Name.optional(), code: z.string().min(1).max(128).optional() };
const params = z.object({ taskId: TaskId });
const Retry = z.object({
  params,
  query: NoQuery,
  body: z.strictObject({ runAt: z.int().nonnegative().optional() }).default({}),
});
const AcceptLate = z.object({ params: params.extend({ attempt: z.coerce.number().int().positive() }), query: NoQuery });
const List = z.object({ query: z.strictObject({ ...pageQuery, ...filter }) });
const Redrive = z.object({
  query: NoQuery,
  body: z
    .strictObject({
      ...filter,
      limit: z.int().min(1).max(limits.redrive).default(limits.redrive),
      staggerMs: z.int().min(0).max(60_000).default(200),
    })
    .prefault({}),
});

/** Routes for what went wrong: doing tasks again, and taking a result that came too late. */
export const deadLetterRoutes = {
  'POST /v1/tasks/{taskId}/retry': route(Retry, async (services, { params: { taskId }, body }, caller) => ({
    status: 201,
    body: await taskView(services, await retryTask(services, { ...caller, taskId, runAt: body.runAt })),
  })),
  'POST /v1/tasks/{taskId}/late-results/{attempt}/accept': route(
    AcceptLate,
    async (services, { params }, { principal }) => ({
      status: 200,
      body: await taskView(services, await acceptLateResult(services, principal, params)),
    }),
  ),
  'GET /v1/dead-letters': route(List, async (services, { query }, { principal }) => ({
    status: 200,
    body: await listDeadLetters(services, principal.tenant, query),
  })),
  'POST /v1/dead-letters/redrive': route(Redrive, async (services, { body }, { principal, idempotencyKey }) => ({
    status: 200,
    body: await redrive(services, principal, { ...body, idempotencyKey }),
  })),
};
