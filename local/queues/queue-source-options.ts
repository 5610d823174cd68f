import { type AwsCall, AwsError, type Clock, type InvokeResult, type Meter } from '../contract.ts';
import type { FilterCriteria } from '../streams/event-filter.ts';

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export const mostPerReceive = 10;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const largestBatch = 10_000;
const longestWindowSeconds = 300;

/** A source of one function: what Lambda calls an event source mapping of a queue. */
export interface QueueSourceOptions {
  readonly clock: Clock;
  /** Receives and deletes on behalf of the function's role. */
  readonly call: AwsCall;
  readonly roleArn: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly functionArn: string;
  readonly invoke: (functionArn: string, event: unknown) => Promise<InvokeResult>;
  readonly batchSize: number;
  readonly maximumBatchingWindowSeconds: number;
  /** 2 to 1000. @default 10, which is what one machine can run */
  readonly maximumConcurrency?: number | undefined;
  readonly reportBatchItemFailures: boolean;
  readonly filterCriteria?: FilterCriteria | undefined;
  readonly enabled: boolean;
  /**
   * The queue's: how long a throttled batch is tried again. Checked against `functionTimeoutSeconds` as
   * CreateEventSourceMapping does. @default 30
   */
  readonly visibilityTimeoutSeconds?: number | undefined;
  readonly functionTimeoutSeconds?: number | undefined;
  readonly log: (line: string) => void;
  readonly meter: Meter;
  readonly chaos?: QueueChaos | undefined;
}

/** Faults of a queue to inject, asked once per batch. Absent members inject nothing. */
export interface QueueChaos {
  /** True delivers the batch a second time, beside the first. */
  duplicates?(queueArn: string): boolean;
  /** True hands the batch over in reverse order. */
  reorders?(queueArn: string): boolean;
  /** How long the batch is held back. */
  delayMs?(queueArn: string): number;
}

interface Rule {
  readonly isBroken: boolean;
  readonly reason: string;
}

function sizeRules({
  batchSize,
  maximumBatchingWindowSeconds: window,
  maximumConcurrency,
}: QueueSourceOptions): Rule[] {
  const concurrency = maximumConcurrency ?? 2;
  return [
    { isBroken: batchSize < 1 || batchSize > largestBatch, reason: `BatchSize must be between 1 and ${largestBatch}.` },
    {
      isBroken: window < 0 || window > longestWindowSeconds,
      reason: `MaximumBatchingWindowInSeconds must be between 0 and ${longestWindowSeconds}.`,
    },
    {
      isBroken: batchSize > mostPerReceive && window < 1,
      reason: 'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10.',
    },
    { isBroken: concurrency < 2 || concurrency > 1000, reason: 'MaximumConcurrency must be between 2 and 1000.' },
  ];
}

function queueRules(options: QueueSourceOptions): Rule[] {
  const { visibilityTimeoutSeconds: visible = Infinity, functionTimeoutSeconds: timeout = 0 } = options;
  const isFifo = options.queueArn.endsWith('.fifo');
  return [
    {
      isBroken: isFifo && (options.batchSize > mostPerReceive || options.maximumBatchingWindowSeconds > 0),
      reason: 'A FIFO queue has batches of at most 10 and no batching window.',
    },
    {
      isBroken: visible < timeout,
      reason: `Queue visibility timeout: ${visible} seconds is less than Function timeout: ${timeout} seconds`,
    },
  ];
}

/** Refuses what CreateEventSourceMapping refuses. @throws {@link AwsError} `InvalidParameterValueException` */
export function validateQueueSource(options: QueueSourceOptions): void {
  const broken = [...sizeRules(options), ...queueRules(options)].find((rule) => rule.isBroken);
  if (broken)
    throw new AwsError('InvalidParameterValueException', `Event source ${options.queueArn}: ${broken.reason}`);
}
