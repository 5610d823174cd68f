import { describe, expect, it } from 'vitest';
import { readFirstFailure } from '../../../../local/streams/read-first-failure.ts';

const numbers = ['10', '11', '12'];

describe('readFirstFailure', () => {
  it.each([[null], [undefined], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    'takes %j for success',
    (payload) => {
      expect(readFirstFailure(payload, numbers)).toBeUndefined();
    },
  );

  it.each([
    ['a text'],
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ sequence: '11' }] }],
    [{ batchItemFailures: [{ itemIdentifier: '12' }, { itemIdentifier: '99' }] }],
  ])('takes %j for the failure of all', (payload) => {
    expect(readFirstFailure(payload, numbers)).toBe(0);
  });

  it('finds the lowest of several', () => {
    expect(readFirstFailure({ batchItemFailures: [{ itemIdentifier: '12' }, { itemIdentifier: '11' }] }, numbers)).toBe(
      1,
    );
  });
});
