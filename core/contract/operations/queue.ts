import * as z from 'zod';
import { NoQuery, type Operation } from '../operation.ts';
import { Cleared, QueueStatus } from '../system.ts';

/** Routes of the queue. */
export const queueOperations = {
  'GET /v1/queue/status': {
    summary: 'Tell what waits for an agent, and for what',
    input: z.object({ query: NoQuery }),
    reply: { status: 200, body: QueueStatus },
  },
  'POST /v1/queue/clear-stuck': {
    summary: 'Free what is stuck now rather than at the next sweep',
    description:
      'Claims that nobody holds are freed and overdue tasks ended; queued tasks that no registered agent could ever have are cancelled once they are older than `olderThanSeconds`.',
    input: z.object({
      query: NoQuery,
      body: z.strictObject({ olderThanSeconds: z.int().min(0).max(604_800).default(300) }).prefault({}),
    }),
    reply: { status: 200, body: Cleared },
    example: { body: { olderThanSeconds: 3600 } },
  },
} as const satisfies Readonly<Record<string, Operation>>;
