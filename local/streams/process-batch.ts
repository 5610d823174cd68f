import { randomUUID } from 'node:crypto';
import { AwsError, type InvokeResult } from '../contract.ts';
import type { Pacer } from './pacer.ts';
import { readFirstFailure } from './read-first-failure.ts';
import type { StreamRecord } from './stream-record.ts';
import type { StreamSourceOptions } from './stream-source-options.ts';

/** First wait after a failure; it doubles. Lambda's own schedule is undocumented. */
const firstRetryMs = 100;
const longestRetryMs = 5000;

type DiscardReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** Records to be tried together, and how often they have failed so far. */
interface Portion {
  readonly records: readonly StreamRecord[];
  readonly failures: number;
}

interface Attempt {
  readonly firstFailure: number | undefined;
  readonly statusCode: number;
  readonly functionError: string | undefined;
}

interface Context {
  readonly options: StreamSourceOptions;
  readonly shardId: string;
  readonly pacer: Pacer;
  /** Called with each sequence number up to which all is settled. */
  readonly settle: (sequenceNumber: string) => void;
}

function sequenceOf(record: StreamRecord): string {
  return record.dynamodb.SequenceNumber;
}

function creationOf(record: StreamRecord): number {
  return record.dynamodb.ApproximateCreationDateTime * 1000;
}

async function attempt({ options }: Context, records: readonly StreamRecord[]): Promise<Attempt> {
  options.meter.count('lambda.streamBatches', 1);
  let result: InvokeResult;
  try {
    result = await options.invoke(options.functionArn, { Records: records });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { firstFailure: 0, statusCode: error.statusCode, functionError: undefined };
  }
  if (result.functionError) return { firstFailure: 0, statusCode: 200, functionError: result.functionError };
  const firstFailure = options.reportBatchItemFailures
    ? readFirstFailure(result.payload, records.map(sequenceOf))
    : undefined;
  return { firstFailure, statusCode: 200, functionError: undefined };
}

/** The message of a failed batch. @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
function describeDiscard(context: Context, portion: Portion, reason: DiscardReason, last: Attempt | undefined): object {
  const { options, shardId } = context;
  const [first] = portion.records;
  const final = portion.records.at(-1);
  const toSecond = (record: StreamRecord | undefined): string =>
    new Date(record ? creationOf(record) : 0).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: options.functionArn,
      condition: reason,
      approximateInvokeCount: portion.failures,
    },
    ...(last === undefined
      ? {}
      : {
          responseContext: {
            statusCode: last.statusCode,
            executedVersion: '$LATEST',
            ...(last.functionError === undefined ? {} : { functionError: last.functionError }),
          },
        }),
    version: '1.0',
    timestamp: new Date(options.clock.now()).toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first ? sequenceOf(first) : '',
      endSequenceNumber: final ? sequenceOf(final) : '',
      approximateArrivalOfFirstRecord: toSecond(first),
      approximateArrivalOfLastRecord: toSecond(final),
      batchSize: portion.records.length,
      streamArn: options.streamArn,
    },
  };
}

async function discard(context: Context, portion: Portion, reason: DiscardReason, last?: Attempt): Promise<void> {
  const { onFailureQueueArn, call, roleArn, streamArn, log } = context.options;
  const text = JSON.stringify(describeDiscard(context, portion, reason, last));
  if (onFailureQueueArn === undefined) {
    log(`source ${streamArn}: ${reason}, discarded without a destination: ${text}`);
    return;
  }
  const [, , , region = '', account = '', name = ''] = onFailureQueueArn.split(':');
  const input = { QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${name}`, MessageBody: text };
  try {
    await call({ service: 'sqs', action: 'SendMessage', input, roleArn });
  } catch (error) {
    // As on AWS a destination that refuses does not hold up the shard; here the record at least reaches the log.
    log(`source ${streamArn}: destination ${onFailureQueueArn} refused (${String(error)}): ${text}`);
  }
}

/** Splits off the records that are too old to be tried. They stand at the front. */
async function discardAged(context: Context, portion: Portion): Promise<Portion> {
  const ageSeconds = context.options.maximumRecordAgeSeconds ?? -1;
  if (ageSeconds < 0) return portion;
  const oldest = context.options.clock.now() - ageSeconds * 1000;
  const aged = portion.records.filter((record) => creationOf(record) < oldest);
  if (aged.length > 0) await discard(context, { ...portion, records: aged }, 'RecordAgeExceeded');
  return { ...portion, records: portion.records.slice(aged.length) };
}

/** What is left to do after an attempt, in order. Empty after success. */
async function afterAttempt(context: Context, portion: Portion, result: Attempt): Promise<Portion[]> {
  const { options, pacer } = context;
  const { records, failures } = portion;
  if (result.firstFailure === undefined) return [];
  const rest = records.slice(result.firstFailure);
  const done = records[result.firstFailure - 1];
  if (done) context.settle(sequenceOf(done));
  if (options.bisectBatchOnFunctionError && records.length > 1) {
    // A reported failure is itself the place to split at. Splitting does not count as a retry.
    if (done) return [{ records: rest, failures }];
    const middle = Math.ceil(records.length / 2);
    return [records.slice(0, middle), records.slice(middle)].map((half) => ({ records: half, failures }));
  }
  const failed: Portion = { records: rest, failures: failures + 1 };
  if (options.maximumRetryAttempts >= 0 && failed.failures > options.maximumRetryAttempts) {
    await discard(context, failed, 'RetryAttemptsExhausted', result);
    return [];
  }
  await pacer.pause(Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 10)));
  return [failed];
}

/**
 * Has the function process a batch in order: retried, bisected and finally discarded as configured. Returns early,
 * with the rest unsettled, when the source stops.
 */
export async function processBatch(context: Context, batch: readonly StreamRecord[]): Promise<void> {
  const portions: Portion[] = [{ records: batch, failures: 0 }];
  while (!context.pacer.isStopped) {
    const next = portions.shift();
    if (!next) return;
    const portion = await discardAged(context, next);
    if (portion.records.length > 0) {
      const result = await attempt(context, portion.records);
      // A failure while stopping is the stop's: the batch comes again, it is not counted or discarded.
      if (result.firstFailure !== undefined && context.pacer.isStopped) return;
      portions.unshift(...(await afterAttempt(context, portion, result)));
    }
    const settled = next.records.at(-1);
    const isSettled = settled !== undefined && !portions.some((open) => open.records.includes(settled));
    if (isSettled) context.settle(sequenceOf(settled));
  }
}
