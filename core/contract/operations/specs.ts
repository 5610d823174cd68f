import * as z from 'zod';
import { NoQuery, type Operations } from '../operation.ts';

const Nothing = z.object({ query: NoQuery });

/** Routes of the generated descriptions. */
export const specOperations = {
  'GET /v1/openapi.json': {
    summary: 'Get this description',
    input: Nothing,
    reply: { status: 200, body: z.looseObject({ openapi: z.string() }) },
  },
  'GET /v1/asyncapi.json': {
    summary: 'Get the description of the WebSocket API',
    input: Nothing,
    reply: { status: 200, body: z.looseObject({ asyncapi: z.string() }) },
  },
} as const satisfies Operations<'specs'>;
