import * as z from 'zod';
import { Explanation } from '../explanation.ts';
import { Name, TaskId } from '../ids.ts';
import { limits } from '../limits.ts';
import { NoQuery, type Operations, pageOf, pageQuery } from '../operation.ts';
import { Problem } from '../problem.ts';
import { TaskStatus, TaskSubmission, TaskView } from '../task.ts';
import { approvalOperations } from './approvals.ts';
import { conflictOperations } from './conflicts.ts';
import { deadLetterOperations } from './dead-letters.ts';
import { escalationOperations } from './escalations.ts';
import { messageOperations } from './messages.ts';
import { queueOperations } from './queue.ts';

const One = z.object({ params: z.object({ taskId: TaskId }), query: NoQuery });

/** A batch is refused as a whole when one of its tasks is not valid. */
export const SubmitBatch = z.strictObject({ tasks: z.array(TaskSubmission).min(1).max(limits.tasksPerBatch) });
export type SubmitBatch = z.infer<typeof SubmitBatch>;

/** Routes of tasks. */
export const taskOperations = {
  ...approvalOperations,
  ...conflictOperations,
  ...deadLetterOperations,
  ...escalationOperations,
  ...messageOperations,
  ...queueOperations,
  'POST /v1/tasks': {
    repeat: 'keyed',
    summary: 'Submit a task',
    description: 'Given to a fit agent at once, or queued. The same `Idempotency-Key` names the same task, for ever.',
    input: z.object({ query: NoQuery, body: TaskSubmission }),
    reply: { status: 201, body: TaskView },
    refuses: ['IDEMPOTENCY_MISMATCH', 'QUOTA_EXCEEDED', 'SHUTTING_DOWN', 'SYSTEM_STOPPED'],
    example: {
      body: {
        type: 'review',
        input: { repository: 'acme/shop', pullRequest: 17 },
        requirements: { capabilities: ['code_review'] },
        priority: 'high',
        timeoutSeconds: 600,
      },
    },
  },
  'POST /v1/tasks/batch': {
    repeat: 'keyed',
    summary: 'Submit up to 100 tasks',
    description: 'Answers in order, each with the task or why there is none. A repeat submits what failed.',
    input: z.object({ query: NoQuery, body: SubmitBatch }),
    reply: {
      status: 200,
      body: z.looseObject({ items: z.array(z.union([TaskView, z.strictObject({ error: Problem })])) }),
    },
    example: {
      body: {
        tasks: [
          { type: 'lint', input: { file: 'a.ts' } },
          { type: 'lint', input: { file: 'b.ts' } },
        ],
      },
    },
  },
  'GET /v1/tasks': {
    summary: 'List submitted tasks, newest first',
    description: 'A run’s tasks are found with the run. Filters apply to each page.',
    input: z.object({ query: z.strictObject({ ...pageQuery, status: TaskStatus.optional(), type: Name.optional() }) }),
    reply: { status: 200, body: pageOf(TaskView) },
    example: { query: { status: 'FAILED', limit: '10' } },
  },
  'GET /v1/tasks/{taskId}': {
    summary: 'Get a task with its output and its late results',
    input: One,
    reply: { status: 200, body: TaskView },
  },
  'GET /v1/tasks/{taskId}/explain': {
    summary: 'Tell why a task is where it is',
    description: 'What each agent lacks, its place in the queue, what would move it.',
    input: One,
    reply: { status: 200, body: Explanation },
  },
  'POST /v1/tasks/{taskId}/cancel': {
    summary: 'Cancel a task',
    input: One.extend({ body: z.strictObject({ reason: z.string().min(1).max(1024).optional() }).default({}) }),
    reply: { status: 200, body: TaskView },
    refuses: ['ALREADY_TERMINAL'],
    example: { body: { reason: 'No longer needed.' } },
  },
} as const satisfies Operations<'tasks'>;
