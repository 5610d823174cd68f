import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handlePartialFailure, toleratedCount } from '#core/coordination/map-reduce/tolerate.ts';

const failed = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `m${index}`, code: 'BOOM', message: `lost ${index}` }));

describe('handlePartialFailure', () => {
  it('reduces exactly while the failed are at most as many as tolerated and something is left', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.nat(20),
        fc.nat(100),
        fc.boolean(),
        (total, count, most, isShare) => {
          const lost = Math.min(count, total);
          const result = handlePartialFailure(failed(lost), total, isShare ? { percentage: most } : most);
          const isTolerated = isShare ? lost * 100 <= most * total : lost <= most;
          expect(result.kind).toBe(lost === 0 || (isTolerated && lost < total) ? 'reduce' : 'fail');
          expect(result.missing).toHaveLength(lost);
        },
      ),
    ));

  it('lists what a partial reduction lacks', () =>
    expect(handlePartialFailure(failed(2), 20, { percentage: 10 })).toEqual({
      kind: 'reduce',
      isPartial: true,
      missing: failed(2),
    }));

  it('says how many failed, how many might, and the first of them', () =>
    expect(handlePartialFailure(failed(3), 20, { percentage: 10 })).toMatchObject({
      kind: 'fail',
      message: '3 of 20 map tasks failed; at most 2 may. First "m0": lost 0',
    }));

  it('tolerates none when nothing is said', () => expect(toleratedCount(0, 5)).toBe(0));
});
