import * as z from 'zod';
import { Name, TaskId } from '../ids.ts';
import { limits } from '../limits.ts';
import { NoQuery, type Operation, pageOf, pageQuery } from '../operation.ts';
import { TaskView } from '../task.ts';

const params = z.object({ taskId: TaskId });
const filter = { type: Name.optional(), code: z.string().min(1).max(128).optional() };
const Redriven = z.looseObject({
  redriven: z.array(z.looseObject({ taskId: TaskId, retriedAs: TaskId })),
  refused: z.array(z.looseObject({ taskId: TaskId, code: z.string() })),
  hasMore: z.boolean(),
});

/** Routes for what went wrong: doing tasks again, and taking a result that came too late. */
export const deadLetterOperations = {
  'POST /v1/tasks/{taskId}/retry': {
    repeat: 'keyed',
    summary: 'Do a task that has ended once more, as a new task',
    input: z.object({
      params,
      query: NoQuery,
      body: z.strictObject({ runAt: z.int().nonnegative().optional() }).default({}),
    }),
    reply: { status: 201, body: TaskView },
    refuses: ['CONFLICT'],
    example: { body: {} },
  },
  'POST /v1/tasks/{taskId}/late-results/{attempt}/accept': {
    summary: 'Take a result that came too late as the task’s own',
    input: z.object({ params: params.extend({ attempt: z.coerce.number().int().positive() }), query: NoQuery }),
    reply: { status: 200, body: TaskView },
    refuses: ['ALREADY_TERMINAL', 'CONFLICT'],
  },
  'GET /v1/dead-letters': {
    summary: 'List tasks that failed or timed out and were not done again, oldest first',
    input: z.object({ query: z.strictObject({ ...pageQuery, ...filter }) }),
    reply: { status: 200, body: pageOf(TaskView) },
    example: { query: { type: 'review' } },
  },
  'POST /v1/dead-letters/redrive': {
    repeat: 'keyed',
    summary: 'Do dead letters again, oldest first',
    input: z.object({
      query: NoQuery,
      body: z
        .strictObject({
          ...filter,
          limit: z.int().min(1).max(limits.redrive).default(limits.redrive),
          staggerMs: z.int().min(0).max(60_000).default(200),
        })
        .prefault({}),
    }),
    reply: { status: 200, body: Redriven },
    example: { body: { type: 'review', limit: 10 } },
  },
} as const satisfies Readonly<Record<string, Operation>>;
