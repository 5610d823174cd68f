import { AppError } from '../errors/app-error.ts';

/** Steps that wait for each other. The message names the cycle. */
export class CycleError extends AppError {
  override readonly name = 'CycleError';
  constructor(cycle: readonly string[]) {
    super('CYCLE', `These steps wait for each other: ${cycle.join(' → ')}. Remove one of the dependencies.`, {
      field: 'dependsOn',
    });
  }
}

/** A dependency on a step that does not exist. */
export class UnknownDependencyError extends AppError {
  override readonly name = 'UnknownDependencyError';
  constructor(id: string, dependency: string) {
    super('INVALID_DEFINITION', `The step "${id}" depends on "${dependency}", which does not exist.`, {
      field: `steps.${id}.dependsOn`,
    });
  }
}

interface Node {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/**
 * An order in which every step comes after those it depends on, otherwise as given.
 * @throws CycleError naming a cycle, UnknownDependencyError.
 */
export const orderByDependency = <T extends Node>(nodes: readonly T[]): readonly T[] => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ordered: T[] = [];
  const done = new Set<string>();
  const visit = (node: T, trail: readonly string[]): void => {
    if (done.has(node.id)) return;
    if (trail.includes(node.id)) throw new CycleError([...trail.slice(trail.indexOf(node.id)), node.id]);
    for (const id of node.dependsOn) {
      const dependency = byId.get(id);
      if (dependency === undefined) throw new UnknownDependencyError(node.id, id);
      visit(dependency, [...trail, node.id]);
    }
    done.add(node.id);
    ordered.push(node);
  };
  for (const node of nodes) visit(node, []);
  return ordered;
};
