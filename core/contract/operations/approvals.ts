import * as z from 'zod';
import { Name, TaskId } from '../ids.ts';
import { NoQuery, type Operation, pageOf, pageQuery, QueryFlag } from '../operation.ts';
import { TaskView } from '../task.ts';

/** Routes for what waits for a person. */
export const approvalOperations = {
  'GET /v1/approvals': {
    summary: 'List what people are asked to approve, newest first',
    input: z.object({
      query: z.strictObject({
        ...pageQuery,
        open: QueryFlag.optional().describe('`true`: only what is not answered.'),
      }),
    }),
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
    refuses: ['ALREADY_TERMINAL', 'CONFLICT'],
    example: { body: { decision: 'approved', comment: 'Reviewed with the team.' } },
  },
} as const satisfies Readonly<Record<string, Operation>>;
