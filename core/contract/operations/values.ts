import * as z from 'zod';
import { NoQuery, type Operation, pageOf, pageQuery } from '../operation.ts';
import { StateScope } from '../state.ts';
import { ValueVersion, ValueWrite } from '../value.ts';

const params = z.object({ scope: StateScope, name: StateScope });

/** Routes of values that have versions. */
export const valueOperations = {
  'POST /v1/values': {
    summary: 'Write a value, saying which version of it was seen',
    description:
      'Whoever has seen the newest version is taken. Two writes that did not know of each other are settled by the chain of strategies of the scope (`conflicts.chains` of the settings): `last_write_wins`, `highest_priority_wins`, `merge_compatible`, `consensus_required`, `manual`. The version that comes of it says how.',
    input: z.object({ query: NoQuery, body: ValueWrite }),
    reply: { status: 200, body: ValueVersion },
    example: { body: { scope: 'review-17', name: 'plan', value: { owner: 'ada' }, baseVersion: 0 } },
  },
  'GET /v1/values/{scope}/{name}': {
    summary: 'Get the newest version of a value',
    description:
      'One that waits for a vote or for people has the value of before, and takes the decision when it is there.',
    of: 'value',
    input: z.object({ params, query: NoQuery }),
    reply: { status: 200, body: ValueVersion },
  },
  'GET /v1/values/{scope}/{name}/versions': {
    summary: 'List versions of a value, newest first: also the log of its conflicts',
    of: 'value',
    input: z.object({ params, query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(ValueVersion) },
  },
} as const satisfies Readonly<Record<string, Operation>>;
