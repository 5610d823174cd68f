import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Json } from '#core/contract/json.ts';
import { percentile } from '#core/coordination/map-reduce/metrics.ts';
import { IrreducibleError, reduce } from '#core/coordination/map-reduce/reduce.ts';

const parts = (...outputs: Json[]) => outputs.map((output, index) => ({ name: `m${index}`, output }));

describe('concat', () => {
  it('puts lists one after the other and takes what is no list for one element', () =>
    expect(reduce('concat', parts([1, 2], 'three', [], [[4]]))).toEqual([1, 2, 'three', [4]]));
});

describe('sum', () => {
  it('is the sum over whole numbers, in any order', () =>
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 50 }), (values) => {
        const exact = values.reduce((sum, value) => sum + BigInt(value), 0n);
        expect(BigInt(z.number().parse(reduce('sum', parts(...values))))).toBe(exact);
      }),
    ));

  it('does not lose small numbers beside large ones', () => expect(reduce('sum', parts(1e16, 1, 1, 1, -1e16))).toBe(3));

  it('adds objects field by field, however deep', () =>
    expect(reduce('sum', parts({ lines: 2, kinds: { error: 1 } }, { lines: 3, kinds: { error: 1, hint: 4 } }))).toEqual(
      {
        lines: 5,
        kinds: { error: 2, hint: 4 },
      },
    ));

  it('names the part that has no sum', () => {
    expect(() => reduce('sum', parts(1, 'two'))).toThrow(IrreducibleError);
    expect(() => reduce('sum', parts({ a: 1 }, { a: 'x' }))).toThrow('"m1.a"');
    expect(() => reduce('sum', parts({ a: 1 }, 2))).toThrow('"m1"');
  });
});

describe('merge', () => {
  const Merged = z.object({ merged: Json, conflicts: z.array(z.object({ path: z.string(), refused: Json })) });

  const anyTree: fc.Arbitrary<Json> = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Json>(1, 2, 'x', null, true),
      fc.array(fc.constantFrom<Json>(1, 2, 3), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree'), { maxKeys: 3 }),
    ),
  })).tree;

  /** Every path to something that is neither list nor object, with its text. */
  const leaves = (value: Json, path = ''): readonly string[] => {
    if (Array.isArray(value)) return value.map((element) => `${path}[]=${JSON.stringify(element)}`);
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
    return [`${path}=${JSON.stringify(value)}`];
  };

  it('loses nothing: every leaf of every part is in the merged value or in a conflict', () =>
    fc.assert(
      fc.property(fc.array(anyTree, { minLength: 1, maxLength: 4 }), (outputs) => {
        const { merged, conflicts } = Merged.parse(reduce('merge', parts(...outputs)));
        const kept = new Set([
          ...leaves(merged),
          ...conflicts.flatMap(({ path, refused }) => leaves(refused, path === '' ? '' : `.${path}`)),
        ]);
        for (const leaf of outputs.flatMap((output) => leaves(output))) expect(kept).toContain(leaf);
      }),
    ));

  it('of equal parts is that part, without a conflict', () =>
    fc.assert(
      fc.property(anyTree, (output) => {
        const { conflicts, merged } = Merged.parse(reduce('merge', parts(output, output)));
        expect(conflicts).toEqual([]);
        expect(new Set(leaves(merged))).toEqual(new Set(leaves(output)));
      }),
    ));

  it('keeps what the earlier part says and tells what the later one said, and where', () =>
    expect(reduce('merge', parts({ a: { b: 1 }, tags: [1, 2] }, { a: { b: 2, c: 3 }, tags: [2, 3] }))).toEqual({
      merged: { a: { b: 1, c: 3 }, tags: [1, 2, 3] },
      conflicts: [{ path: 'a.b', kept: 1, refused: 2, part: 'm1' }],
    }));
});

describe('majority_vote', () => {
  it('gives a value exactly when more than half gave it', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 9 }), (outputs) => {
        const winner = ['x', 'y', 'z'].find(
          (value) => outputs.filter((output) => output === value).length * 2 > outputs.length,
        );
        expect(reduce('majority_vote', parts(...outputs))).toMatchObject({
          hasMajority: winner !== undefined,
          value: winner ?? null,
        });
      }),
    ));

  it('takes objects whose fields are in another order for equal', () =>
    expect(reduce('majority_vote', parts({ a: 1, b: 2 }, { b: 2, a: 1 }, 3))).toMatchObject({
      hasMajority: true,
      value: { a: 1, b: 2 },
      total: 3,
    }));
});

describe('best_of', () => {
  it('takes the output with the best number at the path and names those without one', () => {
    const outputs = parts({ s: { f1: 0.2 } }, { s: { f1: 0.9 } }, { s: {} }, { s: { f1: 0.9 }, later: true });
    expect(reduce({ bestOf: 's.f1' }, outputs)).toEqual({
      best: { s: { f1: 0.9 } },
      score: 0.9,
      from: 'm1',
      unscored: ['m2'],
    });
    expect(reduce({ bestOf: 's.f1', order: 'lowest' }, outputs)).toMatchObject({ from: 'm0', score: 0.2 });
    expect(reduce({ bestOf: 'nothing' }, outputs)).toMatchObject({ best: null, unscored: ['m0', 'm1', 'm2', 'm3'] });
  });
});

describe('issues', () => {
  const issue = (line: number, severity: string, message = 'leak') => ({ file: 'a.ts', line, severity, message });

  it('joins what several found at one place, at the worst severity', () =>
    expect(
      reduce('issues', parts([issue(1, 'low'), issue(2, 'info')], { issues: [issue(1, 'HIGH')] }, 'nonsense', [3])),
    ).toEqual({
      issues: [
        { ...issue(1, 'high'), foundBy: ['m0', 'm1'] },
        { ...issue(2, 'info'), foundBy: ['m0'] },
      ],
      bySeverity: { critical: 0, high: 1, medium: 0, low: 0, info: 1 },
      total: 2,
      duplicates: 1,
      unreadable: 2,
    }));

  it('counts each distinct place once, whatever the order of the parts', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.constantFrom('critical', 'high', 'low'), fc.nat(2)), { maxLength: 12 }),
        (rows) => {
          const outputs = [0, 1, 2].map((part) =>
            rows.filter(([, , of]) => of === part).map(([line, severity]) => issue(line, severity)),
          );
          const named = parts(...outputs);
          const forwards = reduce('issues', named);
          expect(reduce('issues', named.toReversed())).toEqual(forwards);
          const { issues } = z.object({ issues: z.array(z.looseObject({ line: z.int() })) }).parse(forwards);
          expect(issues).toHaveLength(new Set(rows.map(([line]) => line)).size);
          expect(new Set(issues.map(({ line }) => line))).toEqual(new Set(rows.map(([line]) => line)));
        },
      ),
    ));
});

describe('suggestions', () => {
  it('joins the same words and ranks by how many made it, then by impact', () =>
    expect(
      reduce(
        'suggestions',
        parts(
          [
            { title: 'Cache the result!', impact: 1 },
            { title: 'Rename x', impact: 9 },
          ],
          { suggestions: [{ title: 'cache the  result', impact: 5 }] },
          [{ title: 'Split the file', impact: 2 }],
        ),
      ),
    ).toMatchObject({
      suggestions: [
        { title: 'cache the  result', impact: 5, votes: 2, madeBy: ['m0', 'm1'] },
        { title: 'Rename x', votes: 1 },
        { title: 'Split the file', votes: 1 },
      ],
      total: 3,
      duplicates: 1,
      unreadable: 0,
    }));
});

describe('metrics', () => {
  it('summarises each number by its path', () =>
    expect(reduce('metrics', parts({ ms: 10, cpu: { share: 0.5 } }, { ms: 30, note: 'x' }, { ms: 20 }))).toEqual({
      metrics: {
        'cpu.share': { count: 1, sum: 0.5, mean: 0.5, min: 0.5, p50: 0.5, p95: 0.5, max: 0.5 },
        ms: { count: 3, sum: 60, mean: 20, min: 10, p50: 20, p95: 30, max: 30 },
      },
      parts: 3,
    }));

  it('takes for a percentile the least value that so many do not exceed', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const reaches = (value: number) =>
            values.filter((other) => other <= value).length * 100 >= percent * values.length;
          const expected = Math.min(...values.filter(reaches));
          expect(
            percentile(
              values.toSorted((a, b) => a - b),
              percent,
            ),
          ).toBe(expected);
        },
      ),
    ));
});
