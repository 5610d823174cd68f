import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPath, makespanBound } from '#core/coordination/dag/critical-path.ts';
import { layersOf } from '#core/coordination/dag/levels.ts';
import { allPaths, anyDag } from './graphs.ts';

const durations = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 10, maxLength: 10 });

describe('criticalPath', () => {
  it('is as long as the longest of all paths, and a path', () =>
    fc.assert(
      fc.property(anyDag(10), durations, (nodes, list) => {
        const durationOf = (id: string) => list[Number(id.slice(1))] ?? 0;
        const lengthOf = (path: readonly string[]) => path.reduce((sum, id) => sum + durationOf(id), 0);
        const { path, length } = criticalPath(nodes, durationOf);
        expect(length).toBe(Math.max(...allPaths(nodes).map(lengthOf)));
        expect(allPaths(nodes)).toContainEqual(path);
        expect(lengthOf(path)).toBe(length);
      }),
    ));

  it('is empty for nothing', () => expect(criticalPath([], () => 1)).toEqual({ path: [], length: 0 }));
});

describe('makespanBound', () => {
  it('is the work shared out where agents are few, the critical path where they are many', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id, dependsOn: id === 'd' ? ['c'] : [] }));
    expect(makespanBound(nodes, () => 3, 1)).toBe(12);
    expect(makespanBound(nodes, () => 3, 4)).toBe(6);
  });
});

describe('layersOf', () => {
  it('puts each node into the layer of its longest chain of dependencies', () =>
    fc.assert(
      fc.property(anyDag(10), (nodes) => {
        const layers = layersOf(nodes).map((layer) => layer.map(({ id }) => id));
        expect(layers.flat().toSorted()).toEqual(nodes.map(({ id }) => id).toSorted());
        for (const { id } of nodes) {
          const deepest = Math.max(...allPaths(nodes).map((path) => path.indexOf(id)));
          expect(layers.findIndex((layer) => layer.includes(id))).toBe(deepest);
        }
      }),
    ));
});
