import { describe, expect, it } from 'vitest';
import { compileFilterCriteria } from '#local/streams/event-filter.ts';

const passes = (pattern: unknown, record: unknown): boolean =>
  compileFilterCriteria({ Filters: [{ Pattern: JSON.stringify(pattern) }] })(record);

const record = { eventName: 'MODIFY', dynamodb: { NewImage: { n: { N: '1' }, 'a.b': { S: 'x' } }, Keys: { n: {} } } };

describe('the filter of an event source', () => {
  it.each([
    ['a member deep inside', { dynamodb: { NewImage: { n: { N: ['1'] } } } }, true],
    ['another value', { dynamodb: { NewImage: { n: { N: ['2'] } } } }, false],
    ['a member that is there', { dynamodb: { NewImage: { n: { N: [{ exists: true }] } } } }, true],
    ['a member that is not', { dynamodb: { NewImage: { m: { N: [{ exists: true }] } } } }, false],
    ['a member that must not be there', { dynamodb: { NewImage: { m: { N: [{ exists: false }] } } } }, true],
    ['a member that must not be there and is', { eventName: [{ exists: false }] }, false],
    ['a path by its name alone', { 'dynamodb.NewImage.n.N': ['1'] }, true],
    ['a name with a dot as a path', { dynamodb: { NewImage: { a: { b: { S: ['x'] } } } } }, true],
    ['one of two', { $or: [{ eventName: ['REMOVE'] }, { dynamodb: { NewImage: { n: { N: ['1'] } } } }] }, true],
  ])('sees %s', (_name, pattern, expected) => expect(passes(pattern, record)).toBe(expected));

  it('sees the elements of lists', () => {
    const list = { body: { rows: [{ a: 1, b: 2 }, { a: 3 }] } };
    expect(passes({ body: { rows: { a: [3] } } }, list)).toBe(true);
    expect(passes({ body: { rows: { a: [3], b: [2] } } }, list)).toBe(false);
  });
});
