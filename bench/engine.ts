import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import { indexes, tableKeys } from '#core/contract/env.ts';
import { atLeast, plus } from '#core/table/conditions.ts';
import type { Table } from '#core/table/table.ts';
import { startEngine } from '#local/engine/start-engine.ts';

const tableName = 'bench';

const createTable = async (client: DynamoDBClient): Promise<void> => {
  const attributes = [
    tableKeys.partitionKey,
    tableKeys.sortKey,
    ...Object.values(indexes).flatMap((index) => [index.partitionKey, index.sortKey]),
  ];
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: tableKeys.partitionKey, KeyType: 'HASH' },
        { AttributeName: tableKeys.sortKey, KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: Object.values(indexes).map((index) => ({
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partitionKey, KeyType: 'HASH' },
          { AttributeName: index.sortKey, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
};

const writeMany = async (table: Table, from: number, count: number, concurrency: number): Promise<number> => {
  let next = from;
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      const turn = next++;
      const key = { pk: `item-${turn % 200}`, sk: 'SLOTS' };
      await table.update({
        key,
        set: [plus('freeSlots', 1, 0), plus('rev', 1, 0)],
        clauses: turn < 200 ? {} : { hasRoom: atLeast('freeSlots', 0) },
      });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return count / ((performance.now() - startedAt) / 1000);
};

export interface EngineFigures {
  /** Conditional single-item writes a second, one client process, the table's own indexes and stream. */
  readonly writesPerSecond: number;
  /** Speed around write 20,000 ÷ speed around write 1,000: 1 is flat. */
  readonly lateToEarly: number;
}

/** Measures the engine alone: what everything above it is compared with. */
export const measureEngine = async (): Promise<EngineFigures> => {
  const engine = await startEngine();
  const client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  try {
    await createTable(client);
    const table = createDynamoTable({ client, tableName });
    await writeMany(table, 0, 500, 32);
    const early = await writeMany(table, 500, 1_500, 32);
    const middle = await writeMany(table, 2_000, 17_000, 32);
    const late = await writeMany(table, 19_000, 2_000, 32);
    return { writesPerSecond: middle, lateToEarly: late / early };
  } finally {
    client.destroy();
    await engine.stop();
  }
};
