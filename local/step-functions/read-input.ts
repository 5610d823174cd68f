import * as z from 'zod';
import { AwsError } from '../contract.ts';

/**
 * Reads an operation's input.
 * @throws AwsError `ValidationException` naming the field.
 */
export function readInput<T>(schema: z.ZodType<T>, input: Record<string, unknown>): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `Value at '${issue.path.join('.')}' failed: ${issue.message}`);
  throw new AwsError('ValidationException', `${problems.length} validation error(s) detected: ${problems.join('; ')}`);
}

/** Where a page of a listing starts; tokens are plain offsets. */
export function pageOffset(nextToken: string | undefined): number {
  const offset = Number(nextToken ?? 0);
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
}

/** Most entries of a page. @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html */
const maxPage = 1000;

/** Entries of a page; 0 or none asks for the most. */
export function pageLimit(maxResults: number | undefined, usual: number): number {
  return Math.min(maxResults === undefined || maxResults === 0 ? usual : maxResults, maxPage);
}

/** Seconds with a fraction, as the JSON protocol carries times. */
export function toSeconds(epochMs: number): number {
  return epochMs / 1000;
}
