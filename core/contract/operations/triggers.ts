import * as z from 'zod';
import { Name } from '../ids.ts';
import { NoQuery, type Operations, pageOf, pageQuery } from '../operation.ts';
import { TriggerDefinition, TriggerView } from '../trigger.ts';

const One = z.object({ params: z.object({ name: Name }), query: NoQuery });

/** Routes of triggers. */
export const triggerOperations = {
  'POST /v1/triggers': {
    summary: 'Start a workflow whenever an event matches, or at certain times',
    description:
      'A trigger of the same name is replaced. It stays with the version of the workflow that it names or finds.',
    input: z.object({ query: NoQuery, body: TriggerDefinition }),
    reply: { status: 201, body: TriggerView },
    refuses: ['NOT_FOUND', 'INVALID_DEFINITION', 'PAYLOAD_TOO_LARGE', 'QUOTA_EXCEEDED'],
    example: {
      body: {
        name: 'on-order',
        workflow: 'review',
        eventPattern: {
          source: ['shop'],
          'detail-type': ['OrderPlaced'],
          detail: { total: [{ numeric: ['>', 100] }] },
        },
        inputTemplate: { url: '{{ event.detail.url }}' },
      },
    },
  },
  'GET /v1/triggers': {
    summary: 'List triggers by name',
    input: z.object({ query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(TriggerView) },
  },
  'GET /v1/triggers/{name}': {
    summary: 'Get a trigger',
    of: 'trigger',
    input: One,
    reply: { status: 200, body: TriggerView },
  },
  'DELETE /v1/triggers/{name}': { summary: 'Remove a trigger', of: 'trigger', input: One, reply: { status: 204 } },
} as const satisfies Operations<'triggers'>;
