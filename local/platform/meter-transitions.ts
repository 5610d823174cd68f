import * as z from 'zod';
import type { JsonService, Meter } from '../contract.ts';

const Ended = z.looseObject({
  executionArn: z.string(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
});
const History = z.looseObject({
  events: z.array(z.looseObject({ type: z.string() })),
  nextToken: z.string().optional(),
});

const pageEvents = 1000;

/** Counts the state transitions of an execution that a status change reports as ended. */
export async function meterTransitions(
  stepFunctions: JsonService,
  meter: Meter,
  statusChange: Readonly<Record<string, unknown>>,
): Promise<void> {
  const ended = Ended.safeParse(statusChange);
  if (!ended.success) return;
  const input = { executionArn: ended.data.executionArn, maxResults: pageEvents };
  let nextToken: string | undefined;
  do {
    const page = await stepFunctions.handle('GetExecutionHistory', { ...input, ...(nextToken && { nextToken }) });
    const { events, nextToken: next } = History.parse(page);
    meter.count('states.transitions', events.filter((event) => event.type.endsWith('StateEntered')).length);
    nextToken = next;
  } while (nextToken !== undefined);
}
