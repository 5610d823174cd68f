import * as z from 'zod';
import { AgentId, RunId, TaskId } from './ids.ts';
import { Json } from './json.ts';

/** One entry of a task's or a run's log: what happened, and its number there. */
export const LogEvent = z.looseObject({
  seq: z.int().positive().describe('Its number in the log; the cursor from which the log goes on behind it.'),
  type: z.string(),
  at: z.number(),
  taskId: TaskId.optional(),
  runId: RunId.optional(),
  agentId: AgentId.optional(),
  data: z.record(z.string(), Json),
});
export type LogEvent = z.infer<typeof LogEvent>;

/** What a log has behind a cursor. */
export const EventPage = z.looseObject({
  items: z.array(LogEvent),
  cursor: z.string().describe('Where to go on; the same as before when nothing has happened.'),
  isOver: z.boolean().describe('The task or run has ended, and nothing comes after these.'),
});
export type EventPage = z.infer<typeof EventPage>;

/** How a log is read over HTTP: from a cursor on, waiting for what comes. */
export const eventQuery = {
  cursor: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('The `cursor` of the answer before, or the `seq` of the last event; left out: from the beginning.'),
  waitSeconds: z.coerce.number().int().min(0).max(20).default(20).describe('How long to wait while there is nothing.'),
  limit: z.coerce.number().int().min(1).max(100).default(100),
} as const;
