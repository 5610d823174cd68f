import * as z from 'zod';
import { ApprovalLink, LinkRequest } from '../approval-link.ts';
import { Name, TaskId } from '../ids.ts';
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
    summary: 'Answer an approval by one of its options',
    input: z.object({
      params: z.object({ taskId: TaskId }),
      query: NoQuery,
      body: z.strictObject({ decision: Name, comment: z.string().max(4096).optional() }),
    }),
    reply: { status: 200, body: TaskView },
    refuses: ['ALREADY_TERMINAL', 'APPROVAL_EXPIRED', 'CONFLICT'],
    example: { body: { decision: 'approved', comment: 'Reviewed with the team.' } },
  },
  'POST /v1/approvals/{taskId}/links': {
    repeat: 'fresh',
    summary: 'Make a link by which one person answers an approval once, without a key',
    description:
      'Told once, and kept as a hash. Opening it shows what is asked and answers nothing; the page, or a POST of `decision` to it, does. Whoever has the link may answer as that person.',
    input: z.object({ params: z.object({ taskId: TaskId }), query: NoQuery, body: LinkRequest }),
    reply: { status: 201, body: ApprovalLink },
    refuses: ['ALREADY_TERMINAL'],
    example: { body: { for: 'ada', expiresInSeconds: 3600 } },
  },
} as const satisfies Readonly<Record<string, Operation>>;
