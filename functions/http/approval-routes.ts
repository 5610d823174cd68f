import { createLink } from '#core/approvals/links.ts';
import { approvalOperations as operations } from '#core/contract/operations/approvals.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { listApprovals } from '#core/tasks/list-approvals.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { route } from '../runtime/route.ts';

/** Routes for what waits for a person. */
export const approvalRoutes = {
  'GET /v1/approvals': route(operations['GET /v1/approvals'], async (services, { query }, { principal }) => ({
    body: await listApprovals(services, principal.tenant, query),
  })),
  'POST /v1/approvals/{taskId}': route(
    operations['POST /v1/approvals/{taskId}'],
    async (services, { params: { taskId }, body }, { principal }) => ({
      body: await taskView(services, await answerApproval(services, principal, taskId, body)),
    }),
  ),
  'POST /v1/approvals/{taskId}/links': route(
    operations['POST /v1/approvals/{taskId}/links'],
    async (services, { params: { taskId }, body: request }, { principal, origin, repeatSecret }) => {
      const { token, ...link } = await createLink(services, { principal, taskId, request, repeatSecret });
      return { body: { url: `${origin}/v1/answers/${token}`, ...link } };
    },
  ),
};
