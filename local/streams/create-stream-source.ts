import * as z from 'zod';
import { AwsError, type Running } from '../contract.ts';
import { compileFilterCriteria, type EventFilter } from './event-filter.ts';
import { createPacer, type Pacer, settleWithin } from './pacer.ts';
import { createMemoryPositions, openPositions, type Positions } from './positions.ts';
import { ShardReader } from './shard-reader.ts';
import { type StreamSourceOptions, validateStreamSource } from './stream-source-options.ts';

/** How often new shards are looked for; at once when one has ended, soon while there is none. */
const describePauseMs = 30_000;
const firstShardPauseMs = 250;
const errorPauseMs = 1000;
/** How long stopping waits for the running invocation. */
const graceMs = 2000;

const Description = z.looseObject({
  StreamDescription: z.looseObject({
    Shards: z.array(z.looseObject({ ShardId: z.string(), ParentShardId: z.string().optional() })).nullish(),
    LastEvaluatedShardId: z.string().nullish(),
  }),
});
type Shard = NonNullable<z.infer<typeof Description>['StreamDescription']['Shards']>[number];

/** A running stream source. `wake` makes it look for records now, say because the table was just written. */
export interface StreamSource extends Running {
  wake(): void;
}

class ShardList {
  readonly #options: StreamSourceOptions;
  readonly #positions: Positions;
  readonly #passes: EventFilter;
  readonly #pacer: Pacer;
  readonly #idle: Pacer;
  readonly #rescan: Pacer;
  readonly #running = new Map<string, Promise<void>>();
  readonly #started = new Set<string>();
  #lastError: string | undefined;

  constructor(options: StreamSourceOptions, positions: Positions) {
    this.#options = options;
    this.#positions = positions;
    this.#passes = compileFilterCriteria(options.filterCriteria);
    this.#pacer = createPacer(options.clock);
    this.#idle = createPacer(options.clock);
    this.#rescan = createPacer(options.clock);
  }

  wake(): void {
    this.#idle.wake();
  }

  stop(): void {
    for (const pacer of [this.#pacer, this.#idle, this.#rescan]) pacer.stop();
  }

  /** Starts a reader per shard, a child after its parents, until stopped. */
  async run(): Promise<void> {
    while (!this.#pacer.isStopped) {
      try {
        await this.#checkPermission();
        const shards = await this.#describe();
        for (const shard of shards) this.#start(shard);
        this.#lastError = undefined;
        await this.#rescan.pause(shards.length === 0 ? firstShardPauseMs : describePauseMs);
      } catch (error) {
        const text = error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
        if (text !== this.#lastError) this.#options.log(`source ${this.#options.streamArn}: ${text}`);
        this.#lastError = text;
        await this.#rescan.pause(errorPauseMs);
      }
    }
    await Promise.all(this.#running.values());
  }

  /** Lambda needs ListStreams too; a role without it must not work here and fail on AWS. */
  async #checkPermission(): Promise<void> {
    if (this.#started.size > 0) return;
    const { call, streamArn, roleArn } = this.#options;
    const TableName = streamArn.split('/')[1];
    await call({ service: 'dynamodb', action: 'ListStreams', input: { TableName, Limit: 1 }, roleArn });
  }

  async #describe(): Promise<Shard[]> {
    const { call, streamArn, roleArn } = this.#options;
    const shards: Shard[] = [];
    let after: string | undefined;
    do {
      const input = { StreamArn: streamArn, ...(after === undefined ? {} : { ExclusiveStartShardId: after }) };
      const answer = Description.parse(await call({ service: 'dynamodb', action: 'DescribeStream', input, roleArn }));
      shards.push(...(answer.StreamDescription.Shards ?? []));
      after = answer.StreamDescription.LastEvaluatedShardId ?? undefined;
    } while (after !== undefined);
    return shards;
  }

  #start({ ShardId: shardId, ParentShardId: parentId }: Shard): void {
    const isParentOpen = parentId !== undefined && this.#running.has(parentId);
    if (this.#started.has(shardId) || isParentOpen) return;
    this.#started.add(shardId);
    const reader = new ShardReader({
      options: this.#options,
      shardId,
      pacer: this.#pacer,
      idle: this.#idle,
      positions: this.#positions,
      passes: this.#passes,
    });
    const run = reader.run().finally(() => {
      this.#running.delete(shardId);
      this.#rescan.wake();
    });
    this.#running.set(shardId, run);
  }
}

/**
 * Starts Lambda's poller of a DynamoDB stream: records of a shard in order, at least once, never skipped, continued from
 * the stored position.
 * @throws {@link AwsError} `InvalidParameterValueException` for settings that AWS refuses
 */
export function createStreamSource(options: StreamSourceOptions): StreamSource {
  validateStreamSource(options);
  const path = options.positionsDatabasePath;
  const positions = path === undefined ? createMemoryPositions() : openPositions(path);
  const shards = new ShardList(options, positions);
  const running = shards.run();
  return {
    wake: () => shards.wake(),
    async stop() {
      shards.stop();
      await settleWithin(options.clock, graceMs, running);
      positions.close();
    },
  };
}
