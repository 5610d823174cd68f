import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateProgress, type ProgressNode } from '#core/coordination/hierarchical/aggregate-progress.ts';

type Leaf = Extract<ProgressNode, { readonly share: number }>;

const anyLeaf: fc.Arbitrary<Leaf> = fc.record({
  id: fc.constant('leaf'),
  effort: fc.nat(5),
  share: fc.constantFrom(0, 0.25, 0.5, 1),
  status: fc.constantFrom('open' as const, 'failed' as const, 'succeeded' as const),
});

const anyTree: fc.Arbitrary<ProgressNode> = fc.letrec<{ tree: ProgressNode }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    anyLeaf,
    fc.record({ id: fc.constant('team'), children: fc.array(tie('tree'), { maxLength: 4 }) }),
  ),
})).tree;

const leavesOf = (node: ProgressNode): readonly Leaf[] =>
  'children' in node ? node.children.flatMap(leavesOf) : [node];

describe('aggregateProgress', () => {
  it('counts every leaf once, however deep', () =>
    fc.assert(
      fc.property(anyTree, (tree) => {
        const leaves = leavesOf(tree);
        expect(aggregateProgress(tree)).toMatchObject({
          total: leaves.length,
          succeeded: leaves.filter(({ status }) => status === 'succeeded').length,
          failed: leaves.filter(({ status }) => status === 'failed').length,
          effort: leaves.reduce((sum, { effort }) => sum + effort, 0),
        });
      }),
    ));

  it('weighs by effort, as if all leaves stood side by side', () =>
    fc.assert(
      fc.property(anyTree, (tree) => {
        const leaves = leavesOf(tree).filter(({ effort }) => effort > 0);
        const effort = leaves.reduce((sum, leaf) => sum + leaf.effort, 0);
        const done = leaves.reduce(
          (sum, leaf) => sum + leaf.effort * (leaf.status === 'succeeded' ? 1 : leaf.share),
          0,
        );
        fc.pre(effort > 0);
        expect(aggregateProgress(tree).share).toBeCloseTo(done / effort, 9);
      }),
    ));

  it('goes by count where nothing has an effort, and is never above one', () => {
    const leaf = (share: number): Leaf => ({ id: 'leaf', effort: 0, share, status: 'open' });
    expect(aggregateProgress({ id: 'team', children: [leaf(9), leaf(-1)] }).share).toBe(0.5);
    expect(aggregateProgress({ id: 'team', children: [] }).share).toBe(0);
  });
});
