import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance } from '#core/coordination/balance.ts';
import {
  fileTypeOf,
  type Mapping,
  splitByComplexity,
  splitByDependency,
  splitByFileType,
  splitBySize,
} from '#core/coordination/map-reduce/split.ts';
import { validateMappings } from '#core/coordination/map-reduce/validate-mappings.ts';
import { CycleError } from '#core/coordination/order.ts';
import { anyDag } from '../dag/graphs.ts';

const itemsOf = (mappings: readonly Mapping[]) => mappings.map(({ items }) => items);

/** The lightest that the fullest bin can be, by trying every division. */
const bestFullest = (weights: readonly number[], bins: number): number => {
  const place = (left: readonly number[], carried: readonly number[]): number => {
    const [weight, ...others] = left;
    if (weight === undefined) return Math.max(...carried);
    return Math.min(
      ...carried.map((_load, bin) =>
        place(
          others,
          carried.map((load, at) => (at === bin ? load + weight : load)),
        ),
      ),
    );
  };
  return place(
    weights,
    Array.from({ length: bins }, () => 0),
  );
};

describe('splitting', () => {
  it('maps each item exactly once, whatever the rule', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a.ts', 'src/b.TS', 'c.py', 'Makefile', '.env', 'x/y.tar.gz'), { maxLength: 12 }),
        fc.integer({ min: 1, max: 7 }),
        anyDag(12),
        (paths, size, nodes) => {
          const weights = paths.map(({ length }) => length);
          expect(validateMappings(splitBySize(paths.length, size), paths.length)).toEqual([]);
          expect(validateMappings(splitByFileType(paths), paths.length)).toEqual([]);
          expect(validateMappings(splitByComplexity(weights, size), paths.length)).toEqual([]);
          expect(validateMappings(splitByDependency(nodes, 'components'), nodes.length)).toEqual([]);
          expect(validateMappings(splitByDependency(nodes, 'layers'), nodes.length)).toEqual([]);
        },
      ),
    ));

  it('cuts a list into consecutive chunks of the size', () => {
    expect(itemsOf(splitBySize(5, 2))).toEqual([[0, 1], [2, 3], [4]]);
    expect(splitBySize(0, 2)).toEqual([]);
    expect(splitBySize(1000, 10)).toHaveLength(100);
  });

  it('knows a type by the last ending of the name', () => {
    const types = ['src/a.TS', 'a.tar.gz', 'dir.d/Makefile', '.env', 'odd.', 'C:\\x\\a.md'].map(fileTypeOf);
    expect(types).toEqual(['ts', 'gz', 'none', 'none', 'none', 'md']);
    expect(splitByFileType(['a.ts', 'b.md', 'c.ts'])).toEqual([
      { name: 'ts', items: [0, 2] },
      { name: 'md', items: [1] },
    ]);
  });

  it('makes no more mappings than there are items', () =>
    expect(itemsOf(splitByComplexity([3, 1], 5))).toEqual([[0], [1]]));

  it('keeps exactly together what can be reached along dependencies', () =>
    fc.assert(
      fc.property(anyDag(12), (nodes) => {
        const groups = itemsOf(splitByDependency(nodes, 'components'));
        const isNear = (from: number, to: number): boolean =>
          (nodes[from]?.dependsOn.includes(nodes[to]?.id ?? '') ||
            nodes[to]?.dependsOn.includes(nodes[from]?.id ?? '')) === true;
        const reachedFrom = (item: number): readonly number[] => {
          let reached = [item];
          for (let size = 0; size < reached.length; ) {
            size = reached.length;
            reached = [...nodes.keys()].filter(
              (to) => reached.includes(to) || reached.some((from) => isNear(from, to)),
            );
          }
          return reached;
        };
        for (const group of groups) for (const item of group) expect(group).toEqual(reachedFrom(item));
      }),
    ));

  it('refuses a cycle, naming it', () => {
    const nodes = [
      { id: 'a', dependsOn: ['b'] },
      { id: 'b', dependsOn: ['a'] },
    ];
    expect(() => splitByDependency(nodes, 'components')).toThrow(CycleError);
    expect(() => splitByDependency(nodes, 'layers')).toThrow('a → b → a');
  });
});

describe('balance', () => {
  it('fills no bin above 4/3 − 1/(3m) of the best division', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 3 }),
        (weights, bins) => {
          const loads = balance(
            weights,
            Array.from({ length: bins }, () => 0),
          ).map((items) => items.reduce((sum, item) => sum + (weights[item] ?? 0), 0));
          const best = bestFullest(weights, bins);
          expect(Math.max(...loads)).toBeLessThanOrEqual((4 / 3 - 1 / (3 * bins)) * best + 1e-9);
        },
      ),
    ));

  it('fills up those that carry least', () => expect(balance([1, 1, 1], [5, 0, 4])).toEqual([[], [0, 1, 2], []]));
});
