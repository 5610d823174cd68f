import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateMappings } from '#core/coordination/map-reduce/validate-mappings.ts';

const anyMappings = fc
  .array(fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 4 }), { maxLength: 5 })
  .map((rows) => rows.map((items, index) => ({ name: `m${index}`, items })));

describe('validateMappings', () => {
  it('finds nothing wrong exactly when the mappings are a partition of the items', () =>
    fc.assert(
      fc.property(anyMappings, fc.nat(6), (mappings, count) => {
        const all = mappings.flatMap(({ items }) => items).toSorted((a, b) => a - b);
        const isPartition =
          mappings.every(({ items }) => items.length > 0) &&
          all.length === count &&
          all.every((item, index) => item === index);
        expect(validateMappings(mappings, count).length === 0).toBe(isPartition);
      }),
    ));

  it('names the mapping and the items at fault', () => {
    const mappings = [
      { name: 'a', items: [0, 1] },
      { name: 'b', items: [1, 9, 0.5] },
      { name: 'b', items: [] },
    ];
    expect(validateMappings(mappings, 4)).toEqual([
      {
        kind: 'unknown_item',
        mapping: 'b',
        items: [9, 0.5],
        message: 'The mapping "b" names items that do not exist: 9, 0.5. There are 4.',
      },
      { kind: 'empty_mapping', mapping: 'b', items: [], message: 'The mapping "b" has no items.' },
      { kind: 'name_taken', mapping: 'b', items: [], message: 'Two mappings are called "b".' },
      { kind: 'unmapped', items: [2, 3], message: 'No mapping has the items 2, 3.' },
      { kind: 'mapped_twice', items: [1], message: 'These items are mapped more than once: 1.' },
    ]);
  });

  it('names at most ten of many', () =>
    expect(validateMappings([], 1000).map(({ message }) => message)).toEqual([
      'No mapping has the items 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 990 more.',
    ]));
});
