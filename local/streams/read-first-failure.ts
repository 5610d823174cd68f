import * as z from 'zod';

const Response = z.looseObject({
  batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * Index of the first record that failed, by the function's answer; `undefined` when all succeeded. With several failures
 * the lowest sequence number counts: it and everything after it come again. An answer that cannot be read, or names no
 * record of the batch, means that all failed.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function readFirstFailure(payload: unknown, sequenceNumbers: readonly string[]): number | undefined {
  if (payload === null || payload === undefined) return undefined;
  const response = Response.safeParse(payload);
  if (!response.success) return 0;
  const failures = response.data.batchItemFailures ?? [];
  if (failures.length === 0) return undefined;
  // An unknown identifier is found at -1: the batch failed as a whole.
  return Math.max(0, Math.min(...failures.map((failure) => sequenceNumbers.indexOf(failure.itemIdentifier))));
}
