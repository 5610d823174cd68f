import type { DagNode } from '../dag/levels.ts';
import { orderByDependency } from '../order.ts';

/** How a swarm works through its parts. */
export type SwarmStrategy = 'parallel' | 'sequential' | 'dag';

/**
 * The parts with what each waits for. `dag` keeps the dependencies, `parallel` drops them, `sequential` makes one chain in
 * an order that keeps them. No part is ever left out.
 * @throws CycleError, UnknownDependencyError.
 */
export const arrangeParts = <T extends DagNode>(parts: readonly T[], strategy: SwarmStrategy): readonly T[] => {
  switch (strategy) {
    case 'parallel':
      return parts.map((part) => ({ ...part, dependsOn: [] }));
    case 'sequential': {
      const ordered = orderByDependency(parts);
      return ordered.map((part, position) => {
        const before = ordered[position - 1];
        return { ...part, dependsOn: before === undefined ? [] : [before.id] };
      });
    }
    case 'dag':
      return parts;
  }
};
