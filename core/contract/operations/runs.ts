import * as z from 'zod';
import { Name, RunId } from '../ids.ts';
import { NoQuery, type Operations, pageOf, pageQuery, StopRequest } from '../operation.ts';
import { RunRequest, RunStatus, RunTimeline, RunView } from '../workflow.ts';
import { valueOperations } from './values.ts';

const One = z.object({ params: z.object({ runId: RunId }), query: NoQuery });

/** Routes of runs. */
export const runOperations = {
  ...valueOperations,
  'POST /v1/runs': {
    repeat: 'keyed',
    summary: 'Start a run of a workflow',
    description:
      'The same `Idempotency-Key` names the same run. `reuse` does an earlier run of a sequential workflow again from a step on.',
    input: z.object({ query: NoQuery, body: RunRequest }),
    reply: { status: 201, body: RunView },
    refuses: ['NOT_FOUND', 'IDEMPOTENCY_MISMATCH', 'QUOTA_EXCEEDED', 'SHUTTING_DOWN', 'SYSTEM_STOPPED'],
    example: { body: { workflow: 'review', input: { url: 'https://example.org' } } },
  },
  'POST /v1/workflows/{name}/runs': {
    repeat: 'keyed',
    summary: 'Start a run of this workflow',
    input: z.object({
      params: z.object({ name: Name }),
      query: NoQuery,
      body: RunRequest.omit({ workflow: true }).prefault({}),
    }),
    reply: { status: 201, body: RunView },
    refuses: ['IDEMPOTENCY_MISMATCH', 'QUOTA_EXCEEDED', 'SHUTTING_DOWN', 'SYSTEM_STOPPED'],
    example: { body: { input: { url: 'https://example.org' } } },
  },
  'GET /v1/runs': {
    summary: 'List runs, newest first, without their steps',
    input: z.object({
      query: z.strictObject({ ...pageQuery, status: RunStatus.optional(), workflow: Name.optional() }),
    }),
    reply: { status: 200, body: pageOf(RunView.omit({ steps: true })) },
    example: { query: { status: 'RUNNING' } },
  },
  'GET /v1/runs/{runId}': {
    summary: 'Get a run with its steps and their tasks',
    input: One,
    reply: { status: 200, body: RunView },
  },
  'GET /v1/runs/{runId}/timeline': {
    summary: "Get each task's agent, wait, work and cost, the critical path, and what coordinating cost",
    input: One,
    reply: { status: 200, body: RunTimeline },
  },
  'POST /v1/runs/{runId}/pause': {
    summary: 'Pause a run and the runs inside it',
    description: 'What agents have goes on, nothing new begins; deadlines stay.',
    input: One,
    reply: { status: 200, body: RunView },
    refuses: ['ALREADY_TERMINAL', 'CONFLICT'],
  },
  'POST /v1/runs/{runId}/resume': {
    summary: 'Let a paused run go on',
    input: One,
    reply: { status: 200, body: RunView },
    refuses: ['ALREADY_TERMINAL', 'CONFLICT'],
  },
  'POST /v1/runs/{runId}/cancel': {
    summary: 'Cancel a run with everything under it',
    input: One.extend({ body: z.strictObject({ reason: z.string().min(1).max(1024).optional() }).default({}) }),
    reply: { status: 200, body: RunView },
    refuses: ['ALREADY_TERMINAL'],
    example: { body: { reason: 'Started by mistake.' } },
  },
  'POST /v1/runs/{runId}/stop': {
    summary: 'Stop a run at once',
    description:
      'As a cancellation, with a reason that its agents are told. Each task ends with what is known of its work.',
    input: One.extend({ body: StopRequest.prefault({}) }),
    reply: { status: 200, body: RunView },
    refuses: ['ALREADY_TERMINAL'],
    example: { body: { reason: 'It writes to production.' } },
  },
} as const satisfies Operations<'runs'>;
