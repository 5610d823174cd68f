import * as z from 'zod';
import { Name, TaskId } from '#core/contract/ids.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { listApprovals } from '#core/tasks/list-approvals.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { NoQuery, pageQuery, route } from '../runtime/route.ts';

const List = z.object({
  query: z.strictObject({ ...pageQuery, open: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional() }),
});
const Answer = z.object({
  params: z.object({ taskId: TaskId }),
  query: NoQuery,
  body: z.strictObject({ decision: Name, comment: z.string().max(4096).optional() }),
});

/** Routes for what waits for a person. */
export const approvalRoutes = {
  'GET /v1/approvals': route(List, async (services, { query }, { principal }) => ({
    status: 200,
    body: await listApprovals(services, principal.tenant, query),
  })),
  'POST /v1/approvals/{taskId}': route(Answer, async (services, { params: { taskId }, body }, { principal }) => ({
    status: 200,
    body: await taskView(services, await answerApproval(services, principal, taskId, body)),
  })),
};
