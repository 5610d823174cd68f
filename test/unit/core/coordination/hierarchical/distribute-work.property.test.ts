import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributeWork } from '#core/coordination/hierarchical/distribute-work.ts';

describe('distributeWork', () => {
  it('gives each item to exactly one worker, and nobody more than the best share and one item', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { maxLength: 15 }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
        (efforts, loads) => {
          const items = efforts.map((effort, index) => ({ id: `i${index}`, effort }));
          const workers = loads.map((load, index) => ({ agentId: `agt_${index}`, load }));
          const shares = distributeWork(items, workers);
          expect(shares.map(({ agentId }) => agentId)).toEqual(workers.map(({ agentId }) => agentId));
          expect(shares.flatMap((share) => share.items).toSorted()).toEqual(items.map(({ id }) => id).toSorted());
          const totals = shares.map(
            (share, index) =>
              (loads[index] ?? 0) + share.items.reduce((sum, id) => sum + (efforts[Number(id.slice(1))] ?? 0), 0),
          );
          const all = [...efforts, ...loads].reduce((sum, value) => sum + value, 0);
          const bound = Math.max(...loads, all / loads.length + Math.max(0, ...efforts));
          expect(Math.max(...totals)).toBeLessThanOrEqual(bound);
        },
      ),
    ));

  it('is nothing without workers', () => expect(distributeWork([{ id: 'a', effort: 1 }], [])).toEqual([]));
});
