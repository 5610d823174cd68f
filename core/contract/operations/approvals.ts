import * as z from 'zod';
import { ApprovalAnswer, ApprovalLink, LinkRequest } from '../approval-link.ts';
import { TaskId } from '../ids.ts';
import { NoQuery, type Operation, pageOf, pageQuery, QueryFlag } from '../operation.ts';
import { TaskView } from '../task.ts';

/** A page of what people are asked. */
export const AskedQuery = z.strictObject({
  ...pageQuery,
  open: QueryFlag.optional().describe('`true`: only what is not answered.'),
});

/** Routes for what waits for a person. */
export const approvalOperations = {
  'GET /v1/approvals': {
    summary: 'List what people are asked to approve, newest first',
    input: z.object({ query: AskedQuery }),
    reply: { status: 200, body: pageOf(TaskView) },
    example: { query: { open: 'true' } },
  },
  'POST /v1/approvals/{taskId}': {
    of: 'approval',
    summary: 'Answer an approval by one of its options',
    input: z.object({
      params: z.object({ taskId: TaskId }),
      query: NoQuery,
      body: ApprovalAnswer,
    }),
    reply: { status: 200, body: TaskView },
    refuses: ['ALREADY_TERMINAL', 'APPROVAL_EXPIRED', 'CONFLICT'],
    example: { body: { decision: 'approved', comment: 'Reviewed with the team.' } },
  },
  'POST /v1/approvals/{taskId}/links': {
    repeat: 'keyed',
    of: 'approval',
    summary: 'Make a link by which one person answers an approval once, without a key',
    description:
      'Kept as a hash only. Under one `Idempotency-Key` the same credential is told the same link again. Opening it shows what is asked and answers nothing; the page, or a POST of `decision` to it, does. Whoever has the link may answer as that person.',
    input: z.object({ params: z.object({ taskId: TaskId }), query: NoQuery, body: LinkRequest }),
    reply: { status: 201, body: ApprovalLink },
    refuses: ['ALREADY_TERMINAL'],
    example: { body: { for: 'ada', expiresInSeconds: 3600 } },
  },
} as const satisfies Readonly<Record<string, Operation>>;
