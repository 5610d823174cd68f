import { AwsError } from '../contract.ts';
import type { EventFilter } from './event-filter.ts';
import type { Pacer } from './pacer.ts';
import type { Positions } from './positions.ts';
import { processBatch } from './process-batch.ts';
import type { ShardPage } from './stream-pages.ts';
import { RecordsPage, type StreamName, type StreamRecord, streamNameOf, toStreamRecord } from './stream-record.ts';
import type { StreamSourceOptions } from './stream-source-options.ts';

/** Lambda asks a shard four times a second; here an idle shard costs a local request, so latency decides. */
const shortestPauseMs = 25;
const longestPauseMs = 100;
const errorPauseMs = 1000;
const gatherMs = 50;
/** Of what was skipped, so much is looked at again after a restart. */
const skippedSettleMs = 1000;

/** The position before a shard's first record. */
const beforeFirst = '';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html */
const mostPerPage = 1000;
/** Small batches are cut from larger pages: a request costs more than the records in it. */
const leastPerPage = 100;

/** A batch must fit an invocation's 6 MB; the rest is left for the event's frame. */
const largestPayloadBytes = 6_000_000;

/** Reads one shard from its position, gathers batches and has them processed one after the other. */
export class ShardReader {
  readonly #options: StreamSourceOptions;
  readonly #shardId: string;
  readonly #pacer: Pacer;
  readonly #idle: Pacer;
  readonly #positions: Positions;
  readonly #passes: EventFilter;
  readonly #stream: StreamName;
  #iterator: string | undefined;
  #pauseMs = shortestPauseMs;
  #lastError: string | undefined;
  #pending: { readonly record: StreamRecord; readonly bytes: number }[] = [];
  #firstPendingAt = 0;
  #lastRead: string | undefined;
  #settled: string | undefined;
  #settledAt = 0;

  constructor(parameters: {
    readonly options: StreamSourceOptions;
    readonly shardId: string;
    /** Waits between retries. */
    readonly pacer: Pacer;
    /** Waits for records; may be woken. */
    readonly idle: Pacer;
    readonly positions: Positions;
    readonly passes: EventFilter;
  }) {
    this.#options = parameters.options;
    this.#shardId = parameters.shardId;
    this.#pacer = parameters.pacer;
    this.#idle = parameters.idle;
    this.#positions = parameters.positions;
    this.#passes = parameters.passes;
    this.#stream = streamNameOf(parameters.options.streamArn);
  }

  /** Resolves when the shard has been read to its end, or the source is stopped. */
  async run(): Promise<void> {
    let isEnd = false;
    while (!isEnd && !this.#pacer.isStopped) {
      try {
        const page = await this.#read();
        isEnd = page.isEnd;
        const passed = this.#take(page.records);
        await this.#flush(isEnd);
        this.#lastError = undefined;
        if (page.records.length === 0 && !isEnd) await this.#rest();
        else this.#pauseMs = shortestPauseMs;
        // Of records that nobody waits for some are let come together: a request costs more than they do.
        const isIdle = passed === 0 && page.records.length > 0 && page.records.length < leastPerPage;
        if (isIdle && !isEnd) await this.#idle.pause(gatherMs);
      } catch (error) {
        // What was read but not settled is read again from the position.
        this.#iterator = undefined;
        this.#lastRead = undefined;
        this.#pending = [];
        this.#report(error);
        await this.#pacer.pause(errorPauseMs);
      }
    }
  }

  get #consumer(): string {
    return `${this.#options.functionArn} ${this.#options.streamArn} ${this.#shardId}`;
  }

  #call(action: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#options.call({ service: 'dynamodb', action, input, roleArn: this.#options.roleArn });
  }

  async #read(): Promise<{ readonly records: readonly StreamRecord[]; readonly isEnd: boolean }> {
    this.#iterator ??= await this.#openIterator();
    const iterator = this.#iterator;
    const load = (): Promise<ShardPage> => this.#load(iterator);
    let page: ShardPage;
    try {
      const place = this.#lastRead;
      // Without a place it has read nothing yet: what it reads as its own role first shows that it may.
      page =
        place === undefined
          ? await load()
          : await this.#options.pages.read(`${this.#options.streamArn} ${this.#shardId} ${place}`, load);
    } catch (error) {
      // An iterator lives 15 minutes; another is opened at the position.
      if (!(error instanceof AwsError && error.code === 'ExpiredIteratorException')) throw error;
      this.#iterator = undefined;
      return { records: [], isEnd: false };
    }
    this.#iterator = page.next;
    return { records: page.records, isEnd: page.next === undefined };
  }

  async #load(iterator: string): Promise<ShardPage> {
    const Limit = Math.min(mostPerPage, Math.max(leastPerPage, this.#options.batchSize));
    const page = RecordsPage.parse(await this.#call('GetRecords', { ShardIterator: iterator, Limit }));
    const records = (page.Records ?? []).map((record) => toStreamRecord(record, this.#stream));
    return { records, next: page.NextShardIterator ?? undefined };
  }

  async #openIterator(): Promise<string> {
    const stored = this.#lastRead ?? this.#positions.read(this.#consumer);
    const position = stored ?? (this.#options.startingPosition === 'LATEST' ? await this.#skipToLatest() : beforeFirst);
    if (position === beforeFirst) return this.#requestIterator({ ShardIteratorType: 'TRIM_HORIZON' });
    try {
      return await this.#requestIterator({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position });
    } catch (error) {
      // The record at the position has left the stream: the oldest that remains is next.
      if (!(error instanceof AwsError && error.code === 'TrimmedDataAccessException')) throw error;
      return this.#requestIterator({ ShardIteratorType: 'TRIM_HORIZON' });
    }
  }

  /**
   * Stores where the stream ends now, so that a restart before the first record continues from here. The end is found by
   * reading: the range that DescribeStream gives is not reliable on the engine, which compares numbers as text.
   */
  async #skipToLatest(): Promise<string> {
    let last = beforeFirst;
    let iterator: string | undefined = await this.#requestIterator({ ShardIteratorType: 'TRIM_HORIZON' });
    while (iterator !== undefined) {
      const page: RecordsPage = RecordsPage.parse(
        await this.#call('GetRecords', { ShardIterator: iterator, Limit: mostPerPage }),
      );
      const final = page.Records?.at(-1);
      if (!final) break;
      last = final.dynamodb.SequenceNumber;
      iterator = page.NextShardIterator ?? undefined;
    }
    this.#settle(last);
    return last;
  }

  async #requestIterator(position: Record<string, string>): Promise<string> {
    const { streamArn } = this.#options;
    const answer = await this.#call('GetShardIterator', { StreamArn: streamArn, ShardId: this.#shardId, ...position });
    const iterator = answer['ShardIterator'];
    if (typeof iterator !== 'string') throw new Error(`GetShardIterator answered ${JSON.stringify(answer)}`);
    return iterator;
  }

  /** Keeps the records that pass the filters. Returns how many do. */
  #take(records: readonly StreamRecord[]): number {
    let passed = 0;
    for (const record of records) {
      if (!this.#passes(record)) continue;
      passed += 1;
      if (this.#pending.length === 0) this.#firstPendingAt = this.#options.clock.now();
      this.#pending.push({ record, bytes: Buffer.byteLength(JSON.stringify(record)) + 1 });
    }
    this.#lastRead = records.at(-1)?.dynamodb.SequenceNumber ?? this.#lastRead;
    return passed;
  }

  /** Processes full batches; a partial one when its window has passed or the shard is at its end. */
  async #flush(isEnd: boolean): Promise<void> {
    const { batchSize, maximumBatchingWindowSeconds, clock } = this.#options;
    while (this.#pending.length > 0 && !this.#pacer.isStopped) {
      const ageMs = clock.now() - this.#firstPendingAt;
      const isFull = this.#pending.length >= batchSize || this.#pendingBytes() > largestPayloadBytes;
      if (!isFull && !isEnd && ageMs < maximumBatchingWindowSeconds * 1000) return;
      await this.#process(this.#cutBatch());
    }
    // Stopping may have interrupted a batch, which is no longer pending but not settled either.
    if (this.#pacer.isStopped || this.#pending.length > 0 || this.#lastRead === undefined) return;
    // A place that only was skipped to is not worth a write each time.
    if (clock.now() - this.#settledAt >= skippedSettleMs) this.#settle(this.#lastRead);
  }

  #pendingBytes(): number {
    return this.#pending.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #cutBatch(): StreamRecord[] {
    let room = largestPayloadBytes;
    let count = 0;
    for (const { bytes } of this.#pending) {
      room -= bytes;
      if (count > 0 && (room < 0 || count >= this.#options.batchSize)) break;
      count += 1;
    }
    return this.#pending.splice(0, count).map(({ record }) => record);
  }

  async #process(batch: readonly StreamRecord[]): Promise<void> {
    const settle = (sequenceNumber: string): void => this.#settle(sequenceNumber);
    await processBatch({ options: this.#options, shardId: this.#shardId, pacer: this.#pacer, settle }, batch);
  }

  #settle(sequenceNumber: string): void {
    if (this.#settled === sequenceNumber) return;
    this.#positions.write(this.#consumer, sequenceNumber);
    this.#settled = sequenceNumber;
    this.#settledAt = this.#options.clock.now();
  }

  async #rest(): Promise<void> {
    const { clock, maximumBatchingWindowSeconds } = this.#options;
    const windowLeftMs =
      this.#pending.length > 0 ? this.#firstPendingAt + maximumBatchingWindowSeconds * 1000 - clock.now() : Infinity;
    await this.#idle.pause(Math.max(1, Math.min(this.#pauseMs, windowLeftMs)));
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 1.5);
  }

  /** A lasting error is printed once, not once per poll. */
  #report(error: unknown): void {
    const text = error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
    if (text !== this.#lastError) this.#options.log(`source ${this.#options.streamArn}: ${text}`);
    this.#lastError = text;
  }
}
