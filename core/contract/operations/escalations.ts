import * as z from 'zod';
import { EscalationRequest } from '../escalation.ts';
import { TaskId } from '../ids.ts';
import { NoQuery, type Operation, pageOf } from '../operation.ts';
import { TaskView } from '../task.ts';
import { AskedQuery } from './approvals.ts';

/** Routes for what agents cannot settle among themselves. */
export const escalationOperations = {
  'POST /v1/escalations': {
    repeat: 'keyed',
    summary: 'Put something before people',
    description:
      'It becomes an approval of type `escalation`, answered like any other. The same `Idempotency-Key` names the same one.',
    input: z.object({ query: NoQuery, body: EscalationRequest }),
    reply: { status: 201, body: TaskView },
    refuses: ['IDEMPOTENCY_MISMATCH', 'NOT_FOUND'],
    example: {
      body: {
        severity: 'high',
        issue: 'Two reviewers disagree on whether the migration is safe.',
        attemptedResolutions: ['A second round of votes.'],
        recommendedAction: 'Ask the database team.',
      },
    },
  },
  'GET /v1/escalations': {
    summary: 'List escalations, newest first',
    description: 'Filters apply to each page, which lists approvals of every type.',
    input: z.object({ query: AskedQuery }),
    reply: { status: 200, body: pageOf(TaskView) },
    example: { query: { open: 'true' } },
  },
  'GET /v1/escalations/{taskId}': {
    summary: 'Get an escalation with its answer',
    input: z.object({ params: z.object({ taskId: TaskId }), query: NoQuery }),
    reply: { status: 200, body: TaskView },
  },
} as const satisfies Readonly<Record<string, Operation>>;
