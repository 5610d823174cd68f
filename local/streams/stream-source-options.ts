import { type AwsCall, AwsError, type Clock, type InvokeResult, type Meter } from '../contract.ts';
import type { FilterCriteria } from './event-filter.ts';
import type { StreamPages } from './stream-pages.ts';

/** A source of one function: what Lambda calls an event source mapping of a DynamoDB stream. */
export interface StreamSourceOptions {
  readonly clock: Clock;
  /** Reads the stream (`dynamodb` DescribeStream, GetShardIterator, GetRecords) and sends to `sqs` as the function's role. */
  readonly call: AwsCall;
  readonly roleArn: string;
  readonly streamArn: string;
  /** What other sources of the stream read, and this one does. */
  readonly pages: StreamPages;
  readonly functionArn: string;
  readonly invoke: (functionArn: string, event: unknown) => Promise<InvokeResult>;
  readonly batchSize: number;
  readonly maximumBatchingWindowSeconds: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly filterCriteria?: FilterCriteria | undefined;
  readonly bisectBatchOnFunctionError: boolean;
  /** -1 retries until the record leaves the stream. */
  readonly maximumRetryAttempts: number;
  /** -1 or absent sets no limit. */
  readonly maximumRecordAgeSeconds?: number | undefined;
  /** 1 to 10. Accepted, but batches of a shard run one after the other here, which keeps every order AWS keeps. */
  readonly parallelizationFactor?: number | undefined;
  readonly reportBatchItemFailures: boolean;
  readonly onFailureQueueArn?: string | undefined;
  /** File in which positions outlive the process; several sources may share it. */
  readonly positionsDatabasePath?: string | undefined;
  readonly log: (line: string) => void;
  readonly meter: Meter;
}

interface Rule {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
function rules(options: StreamSourceOptions): readonly Rule[] {
  return [
    { name: 'BatchSize', value: options.batchSize, least: 1, most: 10_000 },
    { name: 'MaximumBatchingWindowInSeconds', value: options.maximumBatchingWindowSeconds, least: 0, most: 300 },
    { name: 'MaximumRetryAttempts', value: options.maximumRetryAttempts, least: -1, most: 10_000 },
    { name: 'MaximumRecordAgeInSeconds', value: options.maximumRecordAgeSeconds ?? -1, least: -1, most: 604_800 },
    { name: 'ParallelizationFactor', value: options.parallelizationFactor ?? 1, least: 1, most: 10 },
  ];
}

/** Refuses what CreateEventSourceMapping refuses. @throws {@link AwsError} `InvalidParameterValueException` */
export function validateStreamSource(options: StreamSourceOptions): void {
  const refuse = (reason: string): never => {
    throw new AwsError('InvalidParameterValueException', `Event source ${options.streamArn}: ${reason}`);
  };
  for (const { name, value, least, most } of rules(options)) {
    if (value < least || value > most) refuse(`${name} must be between ${least} and ${most}, not ${value}.`);
  }
  const destination = options.onFailureQueueArn;
  if (destination !== undefined && !/^arn:aws[\w-]*:sqs:/.test(destination)) {
    refuse(`the on-failure destination must be an SQS queue here, not ${destination}.`);
  }
}
