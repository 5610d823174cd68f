import * as z from 'zod';
import { TaskFailure } from '#sdk/index.ts';

/** A task's input in its shape. @throws TaskFailure INVALID_INPUT, not to be retried. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new TaskFailure('INVALID_INPUT', z.prettifyError(parsed.error), { retryable: false });
}
