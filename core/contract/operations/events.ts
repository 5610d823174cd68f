import * as z from 'zod';
import { EventPage, eventQuery } from '../event-log.ts';
import { RunId, TaskId } from '../ids.ts';
import type { Operations } from '../operation.ts';

const query = z.strictObject(eventQuery);

/** Long polls of the logs of tasks and runs. */
export const eventOperations = {
  'GET /v1/tasks/{taskId}/events': {
    summary: 'Follow a task: what has happened since a cursor, waiting for it up to 20 s',
    description:
      'The log is kept from the first request on, beginning with how the task stands; nothing in it is ever left out.',
    input: z.object({ params: z.object({ taskId: TaskId }), query }),
    reply: { status: 200, body: EventPage },
    example: { query: { waitSeconds: '0' } },
  },
  'GET /v1/runs/{runId}/events': {
    summary: 'Follow a run and its tasks: what has happened since a cursor, waiting for it up to 20 s',
    description:
      'The log is kept from the first request on, beginning with how the run and its unfinished tasks stand; nothing in it is ever left out.',
    input: z.object({ params: z.object({ runId: RunId }), query }),
    reply: { status: 200, body: EventPage },
    example: { query: { waitSeconds: '0' } },
  },
} as const satisfies Operations<'events'>;
