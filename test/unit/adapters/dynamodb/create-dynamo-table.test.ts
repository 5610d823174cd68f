import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { equal, set } from '#core/table/conditions.ts';
import { createInstantBackoff, lastingFaults, transientFaults } from '../faults.ts';

const key = { pk: 'p', sk: 's' };
const client = new DynamoDBClient({ region: 'eu-west-1' });
const mock = mockClient(client);
const table = createDynamoTable({ client, tableName: 'table', backoff: createInstantBackoff() });
const guarded = { key, clauses: { isOne: equal('a', 1) } };

beforeEach(() => {
  mock.reset();
});

describe('createDynamoTable', () => {
  it('reads consistently only when asked', async () => {
    mock.on(GetItemCommand).resolves({ Item: marshall({ ...key, a: 1 }) });
    expect(await table.get(key, { consistent: true })).toEqual({ ...key, a: 1 });
    await table.get(key);
    expect(mock).toHaveReceivedNthCommandWith(GetItemCommand, 1, {
      TableName: 'table',
      Key: marshall(key),
      ConsistentRead: true,
    });
    expect(mock).toHaveReceivedNthCommandWith(GetItemCommand, 2, {
      TableName: 'table',
      Key: marshall(key),
      ConsistentRead: false,
    });
  });

  it('returns a won put as it was stored', async () => {
    mock.on(PutItemCommand).resolves({});
    const written = await table.put({ key, item: { a: 1, gone: undefined, map: { gone: undefined } }, clauses: {} });
    expect(written).toStrictEqual({ won: true, item: { a: 1, map: {}, ...key } });
    expect(mock).toHaveReceivedCommandExactlyOnceWith(PutItemCommand, {
      TableName: 'table',
      Item: marshall({ a: 1, map: {}, ...key }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('returns the item after an update and before a remove', async () => {
    mock.on(UpdateItemCommand).resolves({ Attributes: marshall({ ...key, a: 2 }) });
    mock.on(DeleteItemCommand).resolves({ Attributes: marshall({ ...key, a: 1 }) });
    expect(await table.update({ ...guarded, set: [set('a', 2)] })).toEqual({ won: true, item: { ...key, a: 2 } });
    expect(await table.remove(guarded)).toEqual({ won: true, item: { ...key, a: 1 } });
    expect(mock).toHaveReceivedCommandWith(UpdateItemCommand, {
      Key: marshall(key),
      UpdateExpression: 'SET #n0 = :v0',
    });
    expect(mock).toHaveReceivedCommandWith(DeleteItemCommand, { Key: marshall(key), ConditionExpression: '#n0 = :v0' });
  });

  it('shows the key of an item that a write left absent', async () => {
    mock.on(DeleteItemCommand).resolves({});
    expect(await table.remove({ key, clauses: {} })).toEqual({ won: true, item: key });
  });

  it('shows a lost write what it lost to', async () => {
    const lost = new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: {},
      Item: {
        pk: { S: 'p' },
        sk: { S: 's' },
        n: { N: '5' },
        map: { M: { list: { L: [{ BOOL: true }, { NULL: true }] } } },
      },
    });
    mock.on(PutItemCommand).rejects(lost).on(UpdateItemCommand).rejects(lost).on(DeleteItemCommand).rejects(lost);
    const expected = { won: false, item: { ...key, n: 5, map: { list: [true, null] } } };
    expect(await table.put({ ...guarded, item: {} })).toEqual(expected);
    expect(await table.update({ ...guarded, set: [] })).toEqual(expected);
    expect(await table.remove(guarded)).toEqual(expected);
  });

  it('shows a lost write nothing when there is none', async () => {
    mock.on(PutItemCommand).rejects(new ConditionalCheckFailedException({ message: 'failed', $metadata: {} }));
    expect(await table.put({ ...guarded, item: {} })).toEqual({ won: false, item: undefined });
  });

  describe('getMany', () => {
    const keysOf = (...names: readonly string[]) => names.map((sk) => ({ pk: 'p', sk }));
    const stored = (...names: readonly string[]) => keysOf(...names).map((one) => marshall(one));

    it('asks again for what a batch left unprocessed', async () => {
      mock
        .on(BatchGetItemCommand)
        .resolvesOnce({
          Responses: { table: stored('a') },
          UnprocessedKeys: { table: { Keys: stored('b', 'c') } },
        })
        .resolvesOnce({ UnprocessedKeys: { table: { Keys: stored('c') } } })
        .resolvesOnce({ Responses: { table: stored('c') }, UnprocessedKeys: {} });
      expect(await table.getMany(keysOf('a', 'b', 'c', 'a'), { consistent: true })).toEqual(keysOf('a', 'c'));
      expect(mock).toHaveReceivedCommandTimes(BatchGetItemCommand, 3);
      expect(mock).toHaveReceivedNthCommandWith(BatchGetItemCommand, 1, {
        RequestItems: { table: { Keys: stored('a', 'b', 'c'), ConsistentRead: true } },
      });
      expect(mock).toHaveReceivedNthCommandWith(BatchGetItemCommand, 3, {
        RequestItems: { table: { Keys: stored('c'), ConsistentRead: true } },
      });
    });

    it('gives up after its attempts', async () => {
      mock.on(BatchGetItemCommand).resolves({ UnprocessedKeys: { table: { Keys: stored('a') } } });
      const backoff = createInstantBackoff(4);
      const patient = createDynamoTable({ client, tableName: 'table', backoff });
      await expect(patient.getMany(keysOf('a'))).rejects.toThrow(UnavailableError);
      expect(mock).toHaveReceivedCommandTimes(BatchGetItemCommand, 4);
      expect(backoff.waits).toEqual([2, 3, 4]);
    });

    it('asks for nothing when given nothing', async () => {
      expect(await table.getMany([])).toEqual([]);
      expect(mock).not.toHaveReceivedAnyCommand();
    });
  });

  describe('writeMany', () => {
    const remove = (sk: string) => ({ DeleteRequest: { Key: marshall({ pk: 'p', sk }) } });
    const writes = [{ put: { key: { pk: 'p', sk: 'a' }, item: { n: 1 } } }, { remove: { pk: 'p', sk: 'b' } }];

    it('sends again what a batch left unprocessed', async () => {
      mock
        .on(BatchWriteItemCommand)
        .resolvesOnce({ UnprocessedItems: { table: [remove('b')] } })
        .resolvesOnce({});
      await table.writeMany(writes);
      expect(mock).toHaveReceivedCommandTimes(BatchWriteItemCommand, 2);
      expect(mock).toHaveReceivedNthCommandWith(BatchWriteItemCommand, 1, {
        RequestItems: { table: [{ PutRequest: { Item: marshall({ pk: 'p', sk: 'a', n: 1 }) } }, remove('b')] },
      });
      expect(mock).toHaveReceivedNthCommandWith(BatchWriteItemCommand, 2, { RequestItems: { table: [remove('b')] } });
    });

    it('gives up after its attempts', async () => {
      mock.on(BatchWriteItemCommand).resolves({ UnprocessedItems: { table: [remove('b')] } });
      const patient = createDynamoTable({ client, tableName: 'table', backoff: createInstantBackoff(3) });
      await expect(patient.writeMany(writes)).rejects.toThrow(UnavailableError);
      expect(mock).toHaveReceivedCommandTimes(BatchWriteItemCommand, 3);
    });
  });

  it('hands a page its cursor and takes it back', async () => {
    mock
      .on(QueryCommand)
      .resolvesOnce({ Items: [marshall(key)], LastEvaluatedKey: marshall(key) })
      .resolvesOnce({ Items: [] });
    const page = await table.query({ partition: 'p', limit: 1 });
    expect(page.items).toEqual([key]);
    expect(await table.query({ partition: 'p', limit: 1, cursor: page.cursor ?? '' })).toEqual({ items: [] });
    expect(mock).toHaveReceivedNthCommandWith(QueryCommand, 2, { ExclusiveStartKey: marshall(key), Limit: 1 });
  });

  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    for (const call of [
      async () => table.get(key),
      async () => table.getMany([key]),
      async () => table.put({ ...guarded, item: {} }),
      async () => table.update({ ...guarded, set: [] }),
      async () => table.remove(guarded),
      async () => table.query({ partition: 'p', limit: 1 }),
    ]) {
      const calling = call();
      await expect(calling).rejects.toThrow(UnavailableError);
      await expect(calling).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true, cause: fault });
    }
  });

  it.each(lastingFaults)('passes %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(table.get(key)).rejects.toBe(fault);
    await expect(table.put({ ...guarded, item: {} })).rejects.toBe(fault);
  });
});
