import { describe, expect, it } from 'vitest';
import { readBatchFailures } from '../../../../local/queues/read-batch-failures.ts';

const ids = ['1', '2', '3'];

describe('readBatchFailures', () => {
  it.each([[null], [undefined], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    'takes %j for success',
    (payload) => {
      expect(readBatchFailures(payload, ids)).toEqual(new Set());
    },
  );

  it.each([
    ['a text'],
    [[]],
    [{ batchItemFailures: 'x' }],
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ id: '1' }] }],
    [{ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: 'unknown' }] }],
  ])('takes %j for the failure of all', (payload) => {
    expect(readBatchFailures(payload, ids)).toEqual(new Set(ids));
  });

  it('names the failed messages', () => {
    const payload = { batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '1' }] };
    expect(readBatchFailures(payload, ids)).toEqual(new Set(['1', '3']));
  });
});
