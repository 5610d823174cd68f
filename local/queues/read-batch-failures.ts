import * as z from 'zod';

const Response = z.looseObject({
  batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * Which of a batch's messages failed, by the function's answer. Nothing (null, `{}`, a null or empty list) means that
 * all succeeded; an answer that cannot be read, or names no message of the batch, means that all failed.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function readBatchFailures(payload: unknown, messageIds: readonly string[]): ReadonlySet<string> {
  if (payload === null || payload === undefined) return new Set();
  const response = Response.safeParse(payload);
  if (!response.success) return new Set(messageIds);
  const failed = (response.data.batchItemFailures ?? []).map((failure) => failure.itemIdentifier);
  const known = new Set(messageIds);
  return failed.every((id) => known.has(id)) ? new Set(failed) : known;
}
