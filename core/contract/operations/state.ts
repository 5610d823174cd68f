import * as z from 'zod';
import { NoQuery, type Operations, pageQuery } from '../operation.ts';
import { StateChange, StateScope, StateView } from '../state.ts';

/** Routes of shared state. */
export const stateOperations = {
  'GET /v1/state/{scope}': {
    summary: 'Get what is shared in a scope: counters, sets and maps by name',
    description:
      'A scope begins with its first change. `muster.workload` has a counter for each agent: the slots that its tasks take. The `ETag` changes with the page.',
    input: z.object({ params: z.object({ scope: StateScope }), query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: StateView },
    refuses: ['NOT_FOUND'],
    example: { params: { scope: 'review-17' } },
  },
  'POST /v1/state': {
    summary: 'Change what is shared in a scope',
    description:
      'Either all changes are taken or none. They are merged with those of others: increments add up, an addition to a set wins over a removal that had not seen it, of a map’s key the last write stays. Answers the names that were changed.',
    input: z.object({ query: NoQuery, body: StateChange }),
    reply: { status: 200, body: StateView },
    refuses: ['PAYLOAD_TOO_LARGE'],
    example: {
      body: { scope: 'review-17', ops: [{ op: 'increment', name: 'files', by: 3 }] },
    },
  },
} as const satisfies Operations<'state'>;
