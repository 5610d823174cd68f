import { describe, expect, it } from 'vitest';
import { encodeCursor } from '#adapters/dynamodb/cursors.ts';
import {
  InvalidRequestError,
  putParameters,
  queryParameters,
  removeParameters,
  updateParameters,
} from '#adapters/dynamodb/expressions.ts';
import {
  absent,
  all,
  any,
  atLeast,
  atMost,
  equal,
  notEqual,
  oneOf,
  plus,
  present,
  set,
  setDefault,
} from '#core/table/conditions.ts';
import type { Condition } from '#core/table/table.ts';

const key = { pk: 'p', sk: 's' };

describe('putParameters', () => {
  it('guards a put by its clauses in the order of their names', () => {
    const clauses = { second: equal('b', 2), first: absent('pk') };
    expect(putParameters('table', { key, item: { a: 1, pk: 'not this' }, clauses })).toEqual({
      TableName: 'table',
      Item: { a: 1, pk: 'p', sk: 's' },
      ConditionExpression: 'attribute_not_exists(#n0) AND #n1 = :v0',
      ExpressionAttributeNames: { '#n0': 'pk', '#n1': 'b' },
      ExpressionAttributeValues: { ':v0': 2 },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('leaves out what an unguarded put does not need', () => {
    expect(putParameters('table', { key, item: {}, clauses: {} })).toEqual({
      TableName: 'table',
      Item: key,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
});

describe('updateParameters', () => {
  const conditionOf = (condition: Condition) => {
    const { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = updateParameters('table', {
      key,
      set: [],
      clauses: { condition },
    });
    return [ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues];
  };

  it.each<[Condition, string, readonly unknown[]]>([
    [present('a'), 'attribute_exists(#n0)', []],
    [absent('a'), 'attribute_not_exists(#n0)', []],
    [equal('a', 'x'), '#n0 = :v0', ['x']],
    [notEqual('a', true), '(attribute_exists(#n0) AND #n0 <> :v0)', [true]],
    [atLeast('a', 1), '#n0 >= :v0', [1]],
    [atMost('a', 1), '#n0 <= :v0', [1]],
    [oneOf('a', ['x', 'y']), '#n0 IN (:v0, :v1)', ['x', 'y']],
    [
      any(equal('a', 1), all(present('a'), atMost('a', 2))),
      '(#n0 = :v0 OR (attribute_exists(#n0) AND #n0 <= :v1))',
      [1, 2],
    ],
    [any(equal('a', 1)), '#n0 = :v0', [1]],
  ])('writes %o', (condition, text, values) => {
    const byAlias = Object.fromEntries(values.map((value, index) => [`:v${index}`, value]));
    expect(conditionOf(condition)).toEqual([text, { '#n0': 'a' }, values.length > 0 ? byAlias : undefined]);
  });

  it('aliases every part of a path', () => {
    expect(conditionOf(present(['assigned', 'tsk_1.2', 'status']))).toEqual([
      'attribute_exists(#n0.#n1.#n2)',
      { '#n0': 'assigned', '#n1': 'tsk_1.2', '#n2': 'status' },
      undefined,
    ]);
  });

  it('sets, adds, defaults and removes at once, and asks for the new item', () => {
    const parameters = updateParameters('table', {
      key,
      set: [set('a', { b: 1 }), plus('n', -1), plus(['m', 'n'], 2, 0), setDefault('d', 'x')],
      remove: [['r'], ['m', 'r']],
      clauses: { isThere: present('a') },
    });
    expect(parameters).toEqual({
      TableName: 'table',
      Key: key,
      UpdateExpression:
        'SET #n0 = :v0, #n1 = #n1 + :v1, #n2.#n1 = if_not_exists(#n2.#n1, :v2) + :v3, ' +
        '#n3 = if_not_exists(#n3, :v4) REMOVE #n4, #n2.#n4',
      ConditionExpression: 'attribute_exists(#n0)',
      ExpressionAttributeNames: { '#n0': 'a', '#n1': 'n', '#n2': 'm', '#n3': 'd', '#n4': 'r' },
      ExpressionAttributeValues: { ':v0': { b: 1 }, ':v1': -1, ':v2': 0, ':v3': 2, ':v4': 'x' },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('has no expression without changes', () => {
    expect(updateParameters('table', { key, set: [], clauses: {} })).toEqual({
      TableName: 'table',
      Key: key,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('refuses a change without a value and a condition without parts', () => {
    expect(() => updateParameters('table', { key, set: [set('a', undefined)], clauses: {} })).toThrow(
      InvalidRequestError,
    );
    const manyValues = Array.from({ length: 101 }, (_, index) => String(index));
    for (const condition of [any(), all(), oneOf('a', []), oneOf('a', manyValues)]) {
      expect(() => conditionOf(condition)).toThrow(InvalidRequestError);
    }
  });
});

describe('removeParameters', () => {
  it('asks for what it removes', () => {
    expect(removeParameters('table', { key, clauses: { isOne: equal('a', 1) } })).toEqual({
      TableName: 'table',
      Key: key,
      ConditionExpression: '#n0 = :v0',
      ExpressionAttributeNames: { '#n0': 'a' },
      ExpressionAttributeValues: { ':v0': 1 },
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
});

describe('queryParameters', () => {
  it('reads a partition of the table', () => {
    expect(queryParameters('table', { partition: 'p', limit: 5, consistent: true })).toEqual({
      TableName: 'table',
      KeyConditionExpression: '#n0 = :v0',
      ExpressionAttributeNames: { '#n0': 'pk' },
      ExpressionAttributeValues: { ':v0': 'p' },
      Limit: 5,
      ScanIndexForward: true,
      ConsistentRead: true,
    });
  });

  it.each([
    ['prefix', { prefix: 'x' }, 'begins_with(#n0, :v0)'],
    ['from', { from: 'x' }, '#n0 >= :v0'],
    ['upTo', { upTo: 'x' }, '#n0 <= :v0'],
  ])('bounds an index by %s', (_, bound, text) => {
    expect(queryParameters('table', { index: 'sweep', partition: 'p', limit: 5, descending: true, ...bound })).toEqual({
      TableName: 'table',
      IndexName: 'sweep',
      KeyConditionExpression: `#n1 = :v1 AND ${text}`,
      ExpressionAttributeNames: { '#n0': 'sweepSort', '#n1': 'sweepKey' },
      ExpressionAttributeValues: { ':v0': 'x', ':v1': 'p' },
      Limit: 5,
      ScanIndexForward: false,
      ConsistentRead: false,
    });
  });

  it('goes on at a cursor', () => {
    const start = { pk: 'a', sk: 'b', listKey: 'p', listSort: 'x' };
    const query = { index: 'list', partition: 'p', limit: 5, cursor: encodeCursor(start) } as const;
    expect(queryParameters('table', query)).toMatchObject({ ExclusiveStartKey: start });
  });

  it('refuses two bounds and empty ones', () => {
    for (const query of [{ prefix: 'a', from: 'b' }, { prefix: '' }, { partition: '' }]) {
      expect(() => queryParameters('table', { partition: 'p', limit: 1, ...query })).toThrow(InvalidRequestError);
    }
  });
});
