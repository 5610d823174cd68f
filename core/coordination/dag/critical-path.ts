import { type DagNode, type DurationOf, dependentsOf, remainingLengths } from './levels.ts';

/** The longest chain of dependencies by duration: no number of agents is faster. */
export interface CriticalPath {
  readonly path: readonly string[];
  readonly length: number;
}

/** The ids from the highest length to the lowest, equals as given. */
const longestOf = (ids: readonly string[], lengths: ReadonlyMap<string, number>): string | undefined =>
  ids.reduce<string | undefined>(
    (best, id) => (best === undefined || (lengths.get(id) ?? 0) > (lengths.get(best) ?? 0) ? id : best),
    undefined,
  );

/**
 * The critical path; among equals the one that is first in the order of the nodes. Empty for no nodes.
 * @throws CycleError, UnknownDependencyError.
 */
export const criticalPath = (nodes: readonly DagNode[], durationOf: DurationOf): CriticalPath => {
  const lengths = remainingLengths(nodes, durationOf);
  const dependents = dependentsOf(nodes);
  const path: string[] = [];
  const starts = nodes.filter(({ dependsOn }) => dependsOn.length === 0).map(({ id }) => id);
  for (let next = longestOf(starts, lengths); next !== undefined; next = longestOf(dependents.get(next) ?? [], lengths))
    path.push(next);
  return { path, length: lengths.get(path[0] ?? '') ?? 0 };
};

/**
 * No schedule of the nodes on `width` agents is shorter: the critical path, or all the work shared out evenly.
 * @throws CycleError, UnknownDependencyError.
 */
export const makespanBound = (nodes: readonly DagNode[], durationOf: DurationOf, width: number): number =>
  Math.max(criticalPath(nodes, durationOf).length, nodes.reduce((sum, { id }) => sum + durationOf(id), 0) / width);
