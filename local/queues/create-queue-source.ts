import { AwsError, type InvokeResult, type Running } from '../contract.ts';
import { createPacer, type Pacer, settleWithin } from '../streams/pacer.ts';
import { compileMessageFilter } from './filter-messages.ts';
import { ReceiveAnswer, type ReceivedMessage, type SqsRecord, toSqsRecord } from './queue-message.ts';
import { mostPerReceive, type QueueSourceOptions, validateQueueSource } from './queue-source-options.ts';
import { readBatchFailures } from './read-batch-failures.ts';

/** A batch must fit an invocation's 6 MB; the rest is left for the event's frame. */
const largestPayloadBytes = 6_000_000;
/** Short of SQS's 20 s so that stopping does not wait longer. */
const longPollSeconds = 1;
const defaultConcurrency = 10;
/** How long stopping waits for running invocations. */
const graceMs = 2000;
const errorPauseMs = 1000;
/** SQS's default. */
const defaultVisibilitySeconds = 30;

function splitBySize(records: readonly SqsRecord[]): SqsRecord[][] {
  const batches: SqsRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(JSON.stringify(record)) + 1;
    const last = batches.at(-1);
    if (last && bytes <= room) {
      last.push(record);
      room -= bytes;
    } else {
      batches.push([record]);
      room = largestPayloadBytes - bytes;
    }
  }
  return batches;
}

function describeError(error: unknown): string {
  return error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
}

class QueueSource {
  readonly #options: QueueSourceOptions;
  readonly #pacer: Pacer;
  readonly #passes: (record: SqsRecord) => boolean;
  readonly #running = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #lastError: string | undefined;

  constructor(options: QueueSourceOptions) {
    this.#options = options;
    this.#pacer = createPacer(options.clock);
    this.#passes = compileMessageFilter(options.filterCriteria);
    this.#loop = options.enabled ? this.#poll() : Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#pacer.stop();
    const work = this.#loop.then(() => Promise.allSettled(this.#running));
    await settleWithin(this.#options.clock, graceMs, work);
  }

  async #poll(): Promise<void> {
    const most = this.#options.maximumConcurrency ?? defaultConcurrency;
    let isChecked = false;
    while (!this.#pacer.isStopped) {
      if (this.#running.size >= most) {
        await Promise.race(this.#running);
        continue;
      }
      try {
        // Lambda needs this permission too; a role without it must not work here and fail on AWS.
        if (!isChecked) await this.#callSqs('GetQueueAttributes', { AttributeNames: ['QueueArn'] });
        isChecked = true;
        const messages = await this.#gather();
        this.#lastError = undefined;
        if (messages.length > 0) await this.#dispatch(messages);
      } catch (error) {
        this.#report(error);
        await this.#pacer.pause(errorPauseMs);
      }
    }
  }

  /** Collects a batch: until it is full, or the window since its first message has passed. */
  async #gather(): Promise<ReceivedMessage[]> {
    const { clock, batchSize, maximumBatchingWindowSeconds } = this.#options;
    const messages = await this.#receive(batchSize, longPollSeconds);
    const deadline = clock.now() + maximumBatchingWindowSeconds * 1000;
    while (messages.length > 0 && messages.length < batchSize && !this.#pacer.isStopped) {
      const leftMs = deadline - clock.now();
      if (leftMs <= 0) break;
      const more = await this.#receive(batchSize - messages.length, leftMs >= 1000 ? longPollSeconds : 0);
      messages.push(...more);
      if (more.length === 0 && leftMs < 1000) await this.#pacer.pause(Math.min(leftMs, 50));
    }
    return messages;
  }

  async #receive(count: number, waitSeconds: number): Promise<ReceivedMessage[]> {
    const answer = await this.#callSqs('ReceiveMessage', {
      MaxNumberOfMessages: Math.min(count, mostPerReceive),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return ReceiveAnswer.parse(answer).Messages ?? [];
  }

  #callSqs(action: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { call, queueUrl, roleArn } = this.#options;
    return call({ service: 'sqs', action, input: { QueueUrl: queueUrl, ...input }, roleArn });
  }

  async #dispatch(messages: readonly ReceivedMessage[]): Promise<void> {
    const { queueArn, chaos } = this.#options;
    const records = messages.map((message) => toSqsRecord(message, queueArn));
    const wanted = records.filter(this.#passes);
    if (wanted.length < records.length) await this.#delete(records.filter((record) => !wanted.includes(record)));
    if (chaos?.reorders?.(queueArn)) wanted.reverse();
    for (const batch of splitBySize(wanted)) {
      this.#start(batch);
      if (chaos?.duplicates?.(queueArn)) this.#start(batch);
    }
  }

  #start(batch: readonly SqsRecord[]): void {
    const run = this.#process(batch)
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Messages that are not deleted become visible again when their timeout has passed, as on AWS. */
  async #process(batch: readonly SqsRecord[]): Promise<void> {
    const { reportBatchItemFailures, queueArn, chaos, clock, meter } = this.#options;
    const delayMs = chaos?.delayMs?.(queueArn) ?? 0;
    if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    meter.count('lambda.queueBatches', 1);
    const result = await this.#invoke(batch);
    if (result.functionError) return;
    const ids = batch.map((record) => record.messageId);
    const failed = reportBatchItemFailures ? readBatchFailures(result.payload, ids) : new Set<string>();
    await this.#delete(batch.filter((record) => !failed.has(record.messageId)));
  }

  /** A throttled batch is tried again while its messages stay hidden, which does not count as a reception. */
  async #invoke(batch: readonly SqsRecord[]): Promise<InvokeResult> {
    const { invoke, functionArn, clock, visibilityTimeoutSeconds = defaultVisibilitySeconds } = this.#options;
    const deadline = clock.now() + visibilityTimeoutSeconds * 1000;
    for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 5000)) {
      try {
        return await invoke(functionArn, { Records: batch });
      } catch (error) {
        const isThrottled = error instanceof AwsError && error.code === 'TooManyRequestsException';
        if (!isThrottled || this.#pacer.isStopped || clock.now() + pauseMs >= deadline) throw error;
        await this.#pacer.pause(pauseMs);
      }
    }
  }

  async #delete(records: readonly SqsRecord[]): Promise<void> {
    for (let start = 0; start < records.length; start += mostPerReceive) {
      const entries = records.slice(start, start + mostPerReceive);
      const Entries = entries.map((record, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle }));
      await this.#callSqs('DeleteMessageBatch', { Entries });
    }
  }

  /** A lasting error is printed once, not once per poll. */
  #report(error: unknown): void {
    const text = describeError(error);
    if (text !== this.#lastError) this.#options.log(`source ${this.#options.queueArn}: ${text}`);
    this.#lastError = text;
  }
}

/**
 * Starts Lambda's poller of a queue. Each batch goes to one invocation; success deletes it.
 * @throws {@link AwsError} `InvalidParameterValueException` for settings that AWS refuses
 */
export function createQueueSource(options: QueueSourceOptions): Running {
  validateQueueSource(options);
  const source = new QueueSource(options);
  return { stop: () => source.stop() };
}
