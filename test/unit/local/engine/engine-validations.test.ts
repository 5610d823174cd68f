import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, startEngine } from '#local/engine/start-engine.ts';

const S = (text: string): { S: string } => ({ S: text });
const key = { pk: S('a'), sk: S('b') };
const many = (count: number): (typeof key)[] =>
  Array.from({ length: count }, (_, index) => ({ pk: S('a'), sk: S(`b${index}`) }));
const nested = (depth: number): unknown => (depth === 0 ? S('x') : { M: { a: nested(depth - 1) } });
const put = (item: Record<string, unknown>): [string, Record<string, unknown>] => [
  'PutItem',
  { Item: { ...key, ...item } },
];
const update = (
  expression: string,
  values: Record<string, unknown> = { ':a': S('1') },
): [string, Record<string, unknown>] => [
  'UpdateItem',
  { Key: key, UpdateExpression: expression, ExpressionAttributeValues: values },
];

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.client.call('CreateTable', {
    TableName: 'Table',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['pk', 'sk', 'g'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    BillingMode: 'PAY_PER_REQUEST',
    GlobalSecondaryIndexes: [
      { IndexName: 'ByG', KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
  });
  await engine.client.call('PutItem', { TableName: 'Table', Item: { ...key, m: { M: {} } } });
});
afterAll(() => engine.stop());

/** What DynamoDB refuses and an application notices: the engine stands in only as far as it refuses it too. */
const refused: readonly (readonly [string, readonly [string, Record<string, unknown>], RegExp])[] = [
  ['an item above 400 KB', put({ v: S('x'.repeat(410_000)) }), /Item size/],
  ['an empty key', ['PutItem', { Item: { pk: S(''), sk: S('b') } }], /empty string/],
  ['a sort key above 1024 bytes', put({ sk: S('x'.repeat(1100)) }), /size/],
  ['a partition key above 2048 bytes', put({ pk: S('x'.repeat(2100)) }), /size/],
  ['an empty index key', put({ g: S('') }), /secondary index key/],
  ['an index key of another type', put({ g: { N: '1' } }), /Type mismatch/],
  ['a number of 40 digits', put({ n: { N: '1'.repeat(40) } }), /38 significant digits/],
  ['an empty set', put({ s: { SS: [] } }), /may not be empty/],
  ['33 levels', put({ d: nested(33) }), /[Nn]esting/],
  ['an unused name', ['GetItem', { Key: key, ExpressionAttributeNames: { '#b': 'z' } }], /./],
  ['an unused value', update('SET a = :a', { ':a': S('1'), ':b': S('1') }), /unused/],
  ['overlapping paths', update('SET a.b = :a, a = :a'), /overlap/],
  ['a reserved word', update('SET status = :a'), /reserved/],
  ['an update of a key', update('SET sk = :a'), /part of the key/],
  ['a path without its parent', update('SET m.x.y = :a'), /document path/],
  ['a missing key attribute', ['GetItem', { Key: { pk: S('a') } }], /key element/],
  ['a foreign key attribute', ['GetItem', { Key: { ...key, z: S('1') } }], /key element|number of conditions/],
  [
    'a consistent read of an index',
    [
      'Query',
      {
        IndexName: 'ByG',
        ConsistentRead: true,
        KeyConditionExpression: 'g = :a',
        ExpressionAttributeValues: { ':a': S('1') },
      },
    ],
    /Consistent reads/,
  ],
  [
    'a filter on a key',
    [
      'Query',
      { KeyConditionExpression: 'pk = :a', FilterExpression: 'sk = :a', ExpressionAttributeValues: { ':a': S('1') } },
    ],
    /Filter Expression/,
  ],
  ['twice the same key in a batch', ['BatchGetItem', { RequestItems: { Table: { Keys: [key, key] } } }], /duplicates/],
  [
    '101 keys in a batch',
    ['BatchGetItem', { RequestItems: { Table: { Keys: many(101) } } }],
    /validation error|Too many/,
  ],
  [
    '26 writes in a batch',
    ['BatchWriteItem', { RequestItems: { Table: many(26).map((Item) => ({ PutRequest: { Item } })) } }],
    /validation error|Too many/,
  ],
  [
    'two writes of one item in a transaction',
    [
      'TransactWriteItems',
      { TransactItems: [{ Put: { TableName: 'Table', Item: key } }, { Delete: { TableName: 'Table', Key: key } }] },
    ],
    /multiple operations on one item/,
  ],
  [
    '101 writes in a transaction',
    ['TransactWriteItems', { TransactItems: many(101).map((Item) => ({ Put: { TableName: 'Table', Item } })) }],
    /validation error/,
  ],
  ['a limit of 0', ['Scan', { Limit: 0 }], /limit/],
];

describe('the engine', () => {
  it.each(refused)('refuses %s as DynamoDB does', async (_what, [operation, input], message) => {
    const call = engine.client.call(
      operation,
      operation.match(/Batch|Transact/) ? input : { TableName: 'Table', ...input },
    );
    await expect(call).rejects.toMatchObject({ code: 'ValidationException', message: expect.stringMatching(message) });
  });

  it('hands the loser’s item back when a transaction is cancelled', async () => {
    const condition = {
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const answer = await engine.client.send(
      'DynamoDB_20120810.TransactWriteItems',
      JSON.stringify({ TransactItems: [{ Put: { TableName: 'Table', Item: key, ...condition } }] }),
    );
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { ...key, m: { M: {} } } }],
    });
  });
});
