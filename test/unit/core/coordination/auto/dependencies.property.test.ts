import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutImplied } from '#core/coordination/auto/dependencies.ts';
import type { DagNode } from '#core/coordination/dag/levels.ts';
import { anyDag } from '../dag/graphs.ts';

/** All that a node waits for, however far. */
const behind = (nodes: readonly DagNode[], id: string): ReadonlySet<string> => {
  const direct = nodes.find((node) => node.id === id)?.dependsOn ?? [];
  return new Set(direct.flatMap((dependency) => [dependency, ...behind(nodes, dependency)]));
};

describe('withoutImplied', () => {
  it('keeps the order, and cannot do without any dependency that it keeps', () =>
    fc.assert(
      fc.property(anyDag(8), (nodes) => {
        const reduced = withoutImplied(nodes);
        for (const { id } of nodes) expect(behind(reduced, id)).toEqual(behind(nodes, id));
        for (const { id, dependsOn } of reduced)
          for (const left of dependsOn) {
            const fewer = reduced.map((node) =>
              node.id === id ? { id, dependsOn: dependsOn.filter((other) => other !== left) } : node,
            );
            expect(behind(fewer, id).has(left)).toBe(false);
          }
      }),
    ));

  it('refuses a cycle by name', () =>
    expect(() =>
      withoutImplied([
        { id: 'a', dependsOn: ['b'] },
        { id: 'b', dependsOn: ['a'] },
      ]),
    ).toThrow('a → b → a'));
});
