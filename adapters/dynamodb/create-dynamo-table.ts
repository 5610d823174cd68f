import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Key } from '#core/contract/keys.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { BatchedWrite, Item, Page, Query, Table, Written } from '#core/table/table.ts';
import { type Backoff, defaultBackoff } from '../backoff.ts';
import { callService } from '../service-errors.ts';
import { type Attributes, fromAttributes, toAttributes } from './attributes.ts';
import { encodeCursor } from './cursors.ts';
import { putParameters, queryParameters, removeParameters, updateParameters } from './expressions.ts';
import { plainItem } from './plain-values.ts';

export interface DynamoTableOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** How keys that a batch left unprocessed are asked for again. @default five attempts with full jitter */
  readonly backoff?: Backoff;
}

/** A limit of BatchGetItem. @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const keysPerBatch = 100;

/** A limit of BatchWriteItem. @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const writesPerBatch = 25;

const store = 'The table';

const toKey = ({ pk, sk }: Key): Attributes => toAttributes({ pk, sk });

const toItem = (attributes: Attributes | undefined): Item | undefined => attributes && fromAttributes(attributes);

/** The attributes after a won write; a write that left no item behind shows its key alone. */
const won = (attributes: Attributes | undefined, { pk, sk }: Key): Written => ({
  won: true,
  item: toItem(attributes) ?? { pk, sk },
});

/** The values that a request's expressions name, as the service reads them. */
const withValues = <Request extends { readonly ExpressionAttributeValues?: Record<string, unknown> }>({
  ExpressionAttributeValues: values,
  ...request
}: Request) => ({ ...request, ...(values && { ExpressionAttributeValues: toAttributes(values) }) });

/** A lost condition is an answer, not an error. */
const writing = async (write: () => Promise<Written>): Promise<Written> => {
  try {
    return await callService(store, write);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return { won: false, item: toItem(error.Item) };
    }
    throw error;
  }
};

const distinctKeys = (keys: readonly Key[]): Attributes[] => [
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
    const answer = await callService(store, () => client.send(new BatchGetItemCommand(request)));
    found.push(...(answer.Responses?.[tableName] ?? []).map(fromAttributes));
    pending = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return found;
};

const toCursor = (lastKey: Attributes): string =>
  encodeCursor(
    Object.fromEntries(Object.entries(fromAttributes(lastKey)).map(([name, value]) => [name, String(value)])),
  );

const toRequest = (write: BatchedWrite): WriteRequest =>
  'put' in write
    ? { PutRequest: { Item: { ...toAttributes(write.put.item), ...toKey(write.put.key) } } }
    : { DeleteRequest: { Key: toKey(write.remove) } };

const writeMany = async (
  { client, tableName, backoff = defaultBackoff }: DynamoTableOptions,
  writes: readonly BatchedWrite[],
): Promise<void> => {
  if (writes.length > writesPerBatch) {
    throw new RangeError(`writeMany takes at most ${writesPerBatch} writes, not ${writes.length}`);
  }
  let pending = writes.map(toRequest);
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    if (attempt > backoff.attempts) {
      throw new UnavailableError(store);
    }
    if (attempt > 1) {
      await backoff.wait(attempt);
    }
    const request = { RequestItems: { [tableName]: pending } };
    const answer = await callService(store, () => client.send(new BatchWriteItemCommand(request)));
    pending = answer.UnprocessedItems?.[tableName] ?? [];
  }
};

const query = async ({ client, tableName }: DynamoTableOptions, request: Query): Promise<Page> => {
  const { ExclusiveStartKey: start, ...parameters } = queryParameters(tableName, request);
  const from = start && { ExclusiveStartKey: toAttributes(start) };
  const command = new QueryCommand({ ...withValues(parameters), ...from });
  const answer = await callService(store, () => client.send(command));
  const items = (answer.Items ?? []).map(fromAttributes);
  return answer.LastEvaluatedKey === undefined ? { items } : { items, cursor: toCursor(answer.LastEvaluatedKey) };
};

/** The table on DynamoDB. The client's own retries come first; what still fails is an UnavailableError. */
export const createDynamoTable = (options: DynamoTableOptions): Table => {
  const { client, tableName } = options;
  return {
    get: async (key, { consistent = false } = {}) => {
      const command = new GetItemCommand({ TableName: tableName, Key: toKey(key), ConsistentRead: consistent });
      return toItem((await callService(store, () => client.send(command))).Item);
    },
    getMany: async (keys, { consistent = false } = {}) => getMany(options, keys, consistent),
    put: async (put) =>
      writing(async () => {
        const { Item: item, ...parameters } = putParameters(tableName, { ...put, item: plainItem(put.item) });
        await client.send(new PutItemCommand({ ...withValues(parameters), Item: toAttributes(item) }));
        return { won: true, item };
      }),
    update: async (update) =>
      writing(async () => {
        const parameters = withValues(updateParameters(tableName, update));
        const answer = await client.send(new UpdateItemCommand({ ...parameters, Key: toKey(update.key) }));
        return won(answer.Attributes, update.key);
      }),
    remove: async (remove) =>
      writing(async () => {
        const parameters = withValues(removeParameters(tableName, remove));
        const answer = await client.send(new DeleteItemCommand({ ...parameters, Key: toKey(remove.key) }));
        return won(answer.Attributes, remove.key);
      }),
    writeMany: async (writes) => writeMany(options, writes),
    query: async (request) => query(options, request),
  };
};
