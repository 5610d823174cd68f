import * as fc from 'fast-check';
import type { DagNode } from '#core/coordination/dag/levels.ts';
import { type NodeState, release } from '#core/coordination/dag/release.ts';

/** An acyclic graph: each node may depend on nodes made before it; then in any order, so order proves nothing. */
export const anyDag = (maxNodes: number): fc.Arbitrary<readonly DagNode[]> =>
  fc
    .array(fc.array(fc.nat(1000), { maxLength: 3 }), { minLength: 1, maxLength: maxNodes })
    .map((rows) =>
      rows.map((picks, index) => ({
        id: `n${index}`,
        dependsOn: index === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % index}`))],
      })),
    )
    .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));

/** A graph in which every node has at most one dependent. */
export const anyInForest = (maxNodes: number): fc.Arbitrary<readonly DagNode[]> =>
  fc.array(fc.option(fc.nat(1000), { nil: undefined }), { minLength: 1, maxLength: maxNodes }).map((picks) => {
    const dependents = picks.map((pick, index) => (pick === undefined || index === 0 ? undefined : pick % index));
    return dependents.map((_dependent, index) => ({
      id: `n${index}`,
      dependsOn: dependents.flatMap((dependent, other) => (dependent === index ? [`n${other}`] : [])),
    }));
  });

/** Every maximal path's duration, by walking them all. */
export const allPaths = (nodes: readonly DagNode[]): readonly (readonly string[])[] => {
  const walk = (trail: readonly string[]): readonly (readonly string[])[] => {
    const next = nodes.filter(({ dependsOn }) => dependsOn.includes(trail.at(-1) ?? ''));
    return next.length === 0 ? [trail] : next.flatMap(({ id }) => walk([...trail, id]));
  };
  return nodes.filter(({ dependsOn }) => dependsOn.length === 0).flatMap(({ id }) => walk([id]));
};

interface Schedule {
  readonly makespan: number;
  readonly mostAtOnce: number;
  readonly states: Readonly<Record<string, NodeState>>;
  /** Nodes that began before something they depend on had succeeded. */
  readonly early: readonly string[];
}

/** Runs a dag on a virtual clock, by what `release` says and nothing else. */
export const runDag = (
  nodes: readonly DagNode[],
  {
    width,
    durationOf = () => 1,
    fails = [],
    failFast = false,
  }: {
    width: number;
    durationOf?: (id: string) => number;
    fails?: readonly string[];
    failFast?: boolean;
  },
): Schedule => {
  const states: Record<string, NodeState> = {};
  const endsAt = new Map<string, number>();
  const early: string[] = [];
  let mostAtOnce = 0;
  let now = 0;
  const hasSucceeded = (id: string): boolean => states[id] === 'SUCCEEDED';
  const begin = (id: string): void => {
    const isEarly = nodes.some((node) => node.id === id && !node.dependsOn.every(hasSucceeded));
    if (isEarly) early.push(id);
    states[id] = 'RUNNING';
    endsAt.set(id, now + durationOf(id));
  };
  for (let turn = 0; turn <= 2 * nodes.length; turn++) {
    const next = release({ nodes, states, width, failFast, durationOf });
    for (const id of next.skip) states[id] = 'SKIPPED';
    for (const id of next.start) begin(id);
    if (next.isEnded) return { makespan: now, mostAtOnce, states, early };
    mostAtOnce = Math.max(mostAtOnce, endsAt.size);
    now = Math.min(...endsAt.values());
    for (const id of [...endsAt.keys()].filter((key) => endsAt.get(key) === now)) {
      endsAt.delete(id);
      states[id] = fails.includes(id) ? 'FAILED' : 'SUCCEEDED';
    }
  }
  throw new Error('The dag never ended.');
};
