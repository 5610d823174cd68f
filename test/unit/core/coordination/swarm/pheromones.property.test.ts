import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDeposits, strengthOf } from '#core/coordination/swarm/pheromones.ts';

const edges = ['a', 'b', 'c'] as const;
const anyDeposits = fc.array(
  fc.record({
    edge: fc.constantFrom(...edges),
    amount: fc.integer({ min: 0, max: 1_000_000 }).map((units) => units / 1e6),
  }),
  { maxLength: 12 },
);
const anyPheromones = fc.dictionary(fc.constantFrom(...edges), fc.integer({ min: 1, max: 1_000_000_000 }));
const anyEvaporation = fc.constantFrom(0, 0.001, 0.1, 0.5, 1);

describe('applyDeposits', () => {
  it('is exact: what whole numbers of any size say', () =>
    fc.assert(
      fc.property(anyPheromones, anyDeposits, anyEvaporation, (before, deposits, evaporation) => {
        const after = applyDeposits(before, deposits, evaporation);
        for (const edge of edges) {
          const left = (BigInt(before[edge] ?? 0) * BigInt(Math.round((1 - evaporation) * 1e6))) / 1_000_000n;
          const added = deposits
            .filter((deposit) => deposit.edge === edge)
            .reduce((sum, { amount }) => sum + BigInt(Math.round(amount * 1e6)), 0n);
          const expected = left + added > 1_000_000_000n ? 1_000_000_000n : left + added;
          expect(BigInt(after[edge] ?? 0)).toBe(expected);
        }
      }),
    ));

  it('does not depend on the order of deposits, nor on how they are bundled', () =>
    fc.assert(
      fc.property(
        anyPheromones,
        anyDeposits.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        (before, [deposits, shuffled]) => {
          const once = applyDeposits(before, deposits, 0.1);
          expect(JSON.stringify(applyDeposits(before, shuffled, 0.1))).toBe(JSON.stringify(once));
          const half = Math.floor(shuffled.length / 2);
          const bundled = applyDeposits(applyDeposits(before, shuffled.slice(0, half), 0.1), shuffled.slice(half), 0);
          expect(bundled).toEqual(once);
        },
      ),
    ));

  it('passes over what is no amount, and forgets a way that has evaporated', () => {
    const deposits = [-1, 2, Number.NaN].map((amount) => ({ edge: 'a', amount }));
    expect(applyDeposits({}, deposits, 0.1)).toEqual({});
    let pheromones = applyDeposits({}, [{ edge: 'a', amount: 1 }], 0.1);
    expect(pheromones).toEqual({ a: 1_000_000 });
    for (let iteration = 0; iteration < 200; iteration++) pheromones = applyDeposits(pheromones, [], 0.1);
    expect(pheromones).toEqual({});
  });
});

describe('strengthOf', () => {
  it('is the share of the strongest', () => {
    const strength = strengthOf({ a: 50, b: 200 });
    expect(['a', 'b', 'c'].map(strength)).toEqual([0.25, 1, 0]);
    expect(strengthOf({})('a')).toBe(0);
  });
});
