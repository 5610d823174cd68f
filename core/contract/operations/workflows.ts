import * as z from 'zod';
import { DryRun } from '../dry-run.ts';
import { Name } from '../ids.ts';
import { NoQuery, type Operations, pageOf, pageQuery, QueryFlag } from '../operation.ts';
import { AskedWorkflow, WorkflowView } from '../workflow.ts';

const params = z.object({ name: Name });

/** Routes of workflow definitions. */
export const workflowOperations = {
  'POST /v1/workflows': {
    summary: 'Store a workflow as its next version',
    description: 'The same definition again is the version that exists. Runs stay with the version they began with.',
    input: z.object({
      query: z.strictObject({
        dryRun: QueryFlag.optional().describe('`true`: check it and say what a run would take; nothing is stored.'),
      }),
      body: AskedWorkflow,
    }),
    reply: { status: 201, body: WorkflowView },
    alternative: {
      status: 200,
      when: 'With `dryRun`: what it would be stored as, who could do it now, and what a run would take.',
      body: DryRun,
    },
    refuses: ['INVALID_DEFINITION', 'CYCLE'],
    example: {
      body: {
        name: 'review',
        mode: 'sequential',
        steps: [
          { id: 'read', type: 'read', input: { url: '{{ input.url }}' } },
          { id: 'rate', type: 'rate', forEach: '{{ steps.read.output.pages }}', input: '{{ item }}' },
        ],
      },
    },
  },
  'GET /v1/workflows': {
    summary: 'List workflows by name, each in its newest version',
    input: z.object({ query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(WorkflowView) },
  },
  'GET /v1/workflows/{name}': {
    summary: 'Get a workflow in its newest version',
    input: z.object({ params, query: NoQuery }),
    reply: { status: 200, body: WorkflowView },
  },
  'GET /v1/workflows/{name}/versions': {
    summary: 'List the versions of a workflow, newest first',
    input: z.object({ params, query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(WorkflowView) },
  },
  'GET /v1/workflows/{name}/versions/{version}': {
    summary: 'Get a version of a workflow',
    of: 'workflow version',
    input: z.object({
      params: params.extend({ version: z.coerce.number().int().positive().max(999_999) }),
      query: NoQuery,
    }),
    reply: { status: 200, body: WorkflowView },
  },
} as const satisfies Operations<'workflows'>;
