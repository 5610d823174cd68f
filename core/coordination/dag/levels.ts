import { orderByDependency } from '../order.ts';

/** Something that begins when what it depends on has ended. */
export interface DagNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** How long a node takes, in any unit. */
export type DurationOf = (id: string) => number;

/** Each node's dependents, in the order of the nodes. */
export const dependentsOf = (nodes: readonly DagNode[]): ReadonlyMap<string, readonly string[]> => {
  const dependents = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { id, dependsOn } of nodes)
    for (const dependency of new Set(dependsOn)) dependents.get(dependency)?.push(id);
  return dependents;
};

/**
 * For each node the length of the longest path that begins with it, itself included: what is left to do once it begins,
 * however many work.
 * @throws CycleError, UnknownDependencyError.
 */
export const remainingLengths = (nodes: readonly DagNode[], durationOf: DurationOf): ReadonlyMap<string, number> => {
  const dependents = dependentsOf(nodes);
  const lengths = new Map<string, number>();
  for (const { id } of orderByDependency(nodes).toReversed()) {
    const after = (dependents.get(id) ?? []).map((dependent) => lengths.get(dependent) ?? 0);
    lengths.set(id, durationOf(id) + Math.max(0, ...after));
  }
  return lengths;
};

/**
 * The nodes in layers: a layer holds those whose longest chain of dependencies is as long as its position.
 * @throws CycleError, UnknownDependencyError.
 */
export const layersOf = <T extends DagNode>(nodes: readonly T[]): readonly (readonly T[])[] => {
  const depths = new Map<string, number>();
  const layers: T[][] = [];
  for (const node of orderByDependency(nodes)) {
    const depth = Math.max(0, ...node.dependsOn.map((id) => (depths.get(id) ?? 0) + 1));
    depths.set(node.id, depth);
    (layers[depth] ??= []).push(node);
  }
  return layers;
};
