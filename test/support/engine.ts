import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { indexes, tableKeys } from '#core/contract/env.ts';
import { freePort } from '#local/engine/free-port.ts';

export interface Engine {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly tableName: string;
  stop(): Promise<void>;
}

const tableName = 'contract';
const startLimitMs = 10_000;

const binaryPath = (): string => {
  const name = `@dynoxide/${process.platform}-${process.arch}/package.json`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), 'dynoxide');
};

const createClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

const untilReady = async (client: DynamoDBClient, engine: ChildProcess | undefined): Promise<void> => {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      const hasEnded = engine !== undefined && engine.exitCode !== null;
      if (hasEnded || Date.now() > deadline) {
        throw new Error('the DynamoDB engine does not answer', { cause: error });
      }
      await sleep(50);
    }
  }
};

const createTable = async (client: DynamoDBClient): Promise<void> => {
  const keyNames = [tableKeys, ...Object.values(indexes)].flatMap((key) => [key.partitionKey, key.sortKey]);
  const schema = (key: { readonly partitionKey: string; readonly sortKey: string }) => [
    { AttributeName: key.partitionKey, KeyType: 'HASH' as const },
    { AttributeName: key.sortKey, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keyNames.map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
      KeySchema: schema(tableKeys),
      GlobalSecondaryIndexes: Object.values(indexes).map((index) => ({
        IndexName: index.name,
        KeySchema: schema(index),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
  );
};

const stopProcess = async (engine: ChildProcess): Promise<void> => {
  if (engine.exitCode === null && engine.signalCode === null) {
    const exited = once(engine, 'exit');
    engine.kill('SIGKILL');
    await exited;
  }
};

/** A DynamoDB engine of its own with the project's table; `stop` ends it and removes its files. */
export const startEngine = async (): Promise<Engine> => {
  const directory = mkdtempSync(join(tmpdir(), 'engine-'));
  const port = await freePort();
  const parameters = ['serve', '--port', String(port), '--db-path', join(directory, 'tables.sqlite')];
  const engine = spawn(binaryPath(), parameters, { stdio: 'ignore' });
  // A run that is broken off must not leave its engine behind.
  const killAtExit = (): void => void engine.kill('SIGKILL');
  process.once('exit', killAtExit);
  const endpoint = `http://127.0.0.1:${port}`;
  const client = createClient(endpoint);
  const stop = async (): Promise<void> => {
    client.destroy();
    process.off('exit', killAtExit);
    await stopProcess(engine);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilReady(client, engine);
    await createTable(client);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, client, tableName, stop };
};
