import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '#core/contract/keys.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { BatchedWrite, Item, Page, Query, Table, Written } from '#core/table/table.ts';
import { type Backoff, defaultBackoff } from '../backoff.ts';
import { callService } from '../service-errors.ts';
import { encodeCursor } from './cursors.ts';
import { putParameters, queryParameters, removeParameters, updateParameters } from './expressions.ts';
import { plainItem } from './plain-values.ts';

export interface DynamoTableOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  /** How keys that a batch left unprocessed are asked for again. @default five attempts with full jitter */
  readonly backoff?: Backoff;
}

/** A limit of BatchGetItem. @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const keysPerBatch = 100;

/** A limit of BatchWriteItem. @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const writesPerBatch = 25;

const store = 'The table';

const toKey = ({ pk, sk }: Key): Record<string, unknown> => ({ pk, sk });

/** The attributes after a won write; a write that left no item behind shows its key alone. */
const won = (attributes: Item | undefined, key: Key): Written => ({ won: true, item: attributes ?? toKey(key) });

/** A lost condition is an answer, not an error. */
const writing = async (write: () => Promise<Written>): Promise<Written> => {
  try {
    return await callService(store, write);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return { won: false, item: error.Item && unmarshall(error.Item) };
    }
    throw error;
  }
};

const distinctKeys = (keys: readonly Key[]): Record<string, unknown>[] => [
  ...new Map(keys.map((key) => [JSON.stringify([key.pk, key.sk]), toKey(key)])).values(),
];

const getMany = async (
  { client, tableName, backoff = defaultBackoff }: DynamoTableOptions,
  keys: readonly Key[],
  consistent: boolean,
): Promise<readonly Item[]> => {
  if (keys.length > keysPerBatch) {
    throw new RangeError(`getMany takes at most ${keysPerBatch} keys, not ${keys.length}`);
  }
  const found: Item[] = [];
  let pending = distinctKeys(keys);
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    if (attempt > backoff.attempts) {
      throw new UnavailableError(store);
    }
    if (attempt > 1) {
      await backoff.wait(attempt);
    }
    const request = { RequestItems: { [tableName]: { Keys: pending, ConsistentRead: consistent } } };
    const answer = await callService(store, () => client.send(new BatchGetCommand(request)));
    found.push(...(answer.Responses?.[tableName] ?? []));
    pending = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return found;
};

const toCursor = (lastKey: Item): string =>
  encodeCursor(Object.fromEntries(Object.entries(lastKey).map(([name, value]) => [name, String(value)])));

type WriteRequests = NonNullable<BatchWriteCommandInput['RequestItems']>[string];

const toRequest = (write: BatchedWrite): WriteRequests[number] =>
  'put' in write
    ? { PutRequest: { Item: { ...plainItem(write.put.item), ...toKey(write.put.key) } } }
    : { DeleteRequest: { Key: toKey(write.remove) } };

const writeMany = async (
  { client, tableName, backoff = defaultBackoff }: DynamoTableOptions,
  writes: readonly BatchedWrite[],
): Promise<void> => {
  if (writes.length > writesPerBatch) {
    throw new RangeError(`writeMany takes at most ${writesPerBatch} writes, not ${writes.length}`);
  }
  let pending: WriteRequests = writes.map(toRequest);
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    if (attempt > backoff.attempts) {
      throw new UnavailableError(store);
    }
    if (attempt > 1) {
      await backoff.wait(attempt);
    }
    const request = { RequestItems: { [tableName]: pending } };
    const answer = await callService(store, () => client.send(new BatchWriteCommand(request)));
    pending = answer.UnprocessedItems?.[tableName] ?? [];
  }
};

const query = async ({ client, tableName }: DynamoTableOptions, request: Query): Promise<Page> => {
  const parameters = queryParameters(tableName, request);
  const answer = await callService(store, () => client.send(new QueryCommand(parameters)));
  const items = answer.Items ?? [];
  return answer.LastEvaluatedKey === undefined ? { items } : { items, cursor: toCursor(answer.LastEvaluatedKey) };
};

/** The table on DynamoDB. The client's own retries come first; what still fails is an UnavailableError. */
export const createDynamoTable = (options: DynamoTableOptions): Table => {
  const { client, tableName } = options;
  return {
    get: async (key, { consistent = false } = {}) => {
      const command = new GetCommand({ TableName: tableName, Key: toKey(key), ConsistentRead: consistent });
      return (await callService(store, () => client.send(command))).Item;
    },
    getMany: async (keys, { consistent = false } = {}) => getMany(options, keys, consistent),
    put: async (put) =>
      writing(async () => {
        const parameters = putParameters(tableName, { ...put, item: plainItem(put.item) });
        await client.send(new PutCommand(parameters));
        return won(parameters.Item, put.key);
      }),
    update: async (update) =>
      writing(async () => {
        const answer = await client.send(new UpdateCommand(updateParameters(tableName, update)));
        return won(answer.Attributes, update.key);
      }),
    remove: async (remove) =>
      writing(async () => {
        const answer = await client.send(new DeleteCommand(removeParameters(tableName, remove)));
        return won(answer.Attributes, remove.key);
      }),
    writeMany: async (writes) => writeMany(options, writes),
    query: async (request) => query(options, request),
  };
};
