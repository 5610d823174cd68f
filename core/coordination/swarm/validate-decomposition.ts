import type { DagNode } from '../dag/levels.ts';
import { CycleError, orderByDependency } from '../order.ts';

/** A part of a swarm's task as whoever decomposed it proposes it. */
export interface SwarmPart extends DagNode {
  readonly type: string;
}

/** What is wrong with a decomposition. */
export interface DecompositionProblem {
  readonly kind: 'empty' | 'too_many_parts' | 'duplicate_part' | 'unnamed_part' | 'unknown_dependency' | 'cycle';
  readonly part?: string;
  readonly message: string;
}

const partProblems = (parts: readonly SwarmPart[]): readonly DecompositionProblem[] => {
  const problems: DecompositionProblem[] = [];
  const known = new Set(parts.map(({ id }) => id));
  const seen = new Set<string>();
  for (const { id, type, dependsOn } of parts) {
    if (id.trim() === '' || type.trim() === '')
      problems.push({ kind: 'unnamed_part', part: id, message: `The part "${id}" needs an id and a type.` });
    if (seen.has(id)) problems.push({ kind: 'duplicate_part', part: id, message: `Two parts are called "${id}".` });
    seen.add(id);
    for (const dependency of dependsOn.filter((name) => !known.has(name)))
      problems.push({
        kind: 'unknown_dependency',
        part: id,
        message: `The part "${id}" depends on "${dependency}", which is no part.`,
      });
  }
  return problems;
};

const cycleOf = (parts: readonly SwarmPart[]): readonly DecompositionProblem[] => {
  try {
    orderByDependency(parts);
    return [];
  } catch (error) {
    if (!(error instanceof CycleError)) throw error;
    return [{ kind: 'cycle', message: error.message }];
  }
};

/** Everything that keeps a decomposition from being run; nothing when all is well. What is refused is never cut to fit. */
export const validateDecomposition = (
  parts: readonly SwarmPart[],
  maxParts: number,
): readonly DecompositionProblem[] => {
  if (parts.length === 0) return [{ kind: 'empty', message: 'The task was divided into no parts.' }];
  if (parts.length > maxParts)
    return [
      {
        kind: 'too_many_parts',
        message: `The task was divided into ${parts.length} parts; at most ${maxParts} are taken.`,
      },
    ];
  const problems = partProblems(parts);
  return problems.length > 0 ? problems : cycleOf(parts);
};
