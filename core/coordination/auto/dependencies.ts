import type { DagNode } from '../dag/levels.ts';
import { orderByDependency } from '../order.ts';

/**
 * The same order with no dependency twice or implied by others: what waits for b, which waits for a, need not say that it
 * waits for a. In an order in which each comes after what it waits for.
 * @throws CycleError, UnknownDependencyError.
 */
export const withoutImplied = (nodes: readonly DagNode[]): readonly DagNode[] => {
  const behind = new Map<string, ReadonlySet<string>>();
  return orderByDependency(nodes).map(({ id, dependsOn }) => {
    const direct = [...new Set(dependsOn)];
    const implied = new Set(direct.flatMap((dependency) => [...(behind.get(dependency) ?? [])]));
    behind.set(id, new Set([...direct, ...implied]));
    return { id, dependsOn: direct.filter((dependency) => !implied.has(dependency)) };
  });
};
