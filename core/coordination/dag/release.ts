import { type DagNode, type DurationOf, dependentsOf, remainingLengths } from './levels.ts';

/** Where a node is. Every end but `SUCCEEDED` keeps its dependents from starting. */
export type NodeState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';

/** A dag as far as it has come. */
export interface ReleaseRequest {
  readonly nodes: readonly DagNode[];
  /** A node without a state is pending. */
  readonly states: Readonly<Record<string, NodeState>>;
  /** How many may run at once. */
  readonly width: number;
  /** After the first failure nothing begins any more. */
  readonly failFast: boolean;
  /** Estimates, if there are any; all the same when left out. */
  readonly durationOf?: DurationOf;
}

/** What is to be done next. */
export interface Release {
  /** To be started, the most urgent first; with those that run at most the width. */
  readonly start: readonly string[];
  /** Never to be started: something that they depend on did not succeed, or the dag failed fast. */
  readonly skip: readonly string[];
  /** Nothing runs and nothing will start once `skip` is applied. */
  readonly isEnded: boolean;
}

const isFailed = (state: NodeState | undefined): boolean =>
  state === 'FAILED' || state === 'SKIPPED' || state === 'CANCELLED';

/**
 * The order in which nodes are preferred when more are ready than may run: what has the longest chain after it first,
 * then what more nodes wait for, then as given. It is optimal with as many agents as the dag is wide, and for equal
 * durations where every node has at most one dependent (Hu); for any other dag no schedule is shorter than half of it.
 * @throws CycleError, UnknownDependencyError.
 */
export const urgencyOrder = (nodes: readonly DagNode[], durationOf: DurationOf = () => 1): readonly string[] => {
  const lengths = remainingLengths(nodes, durationOf);
  const dependents = dependentsOf(nodes);
  const waiting = (id: string): number => dependents.get(id)?.length ?? 0;
  return nodes
    .map(({ id }) => id)
    .toSorted((a, b) => (lengths.get(b) ?? 0) - (lengths.get(a) ?? 0) || waiting(b) - waiting(a));
};

/** Every pending node that something failed stands before, however far. */
const cutOff = ({ nodes, states }: ReleaseRequest): ReadonlySet<string> => {
  const dependents = dependentsOf(nodes);
  const cut = new Set<string>();
  const front = nodes.map(({ id }) => id).filter((id) => isFailed(states[id]));
  for (let id = front.pop(); id !== undefined; id = front.pop()) {
    const next = (dependents.get(id) ?? []).filter(
      (dependent) => (states[dependent] ?? 'PENDING') === 'PENDING' && !cut.has(dependent),
    );
    for (const dependent of next) cut.add(dependent);
    front.push(...next);
  }
  return cut;
};

/**
 * What may start, what will never, and whether that is the end. Repeatable: it depends on the states alone.
 * @throws CycleError, UnknownDependencyError.
 */
export const release = (request: ReleaseRequest): Release => {
  const { nodes, states, width, failFast } = request;
  const pending = nodes.filter(({ id }) => (states[id] ?? 'PENDING') === 'PENDING');
  const running = nodes.filter(({ id }) => states[id] === 'RUNNING').length;
  const hasFailed = nodes.some(({ id }) => states[id] === 'FAILED' || states[id] === 'CANCELLED');
  const cut = cutOff(request);
  const skip = pending.filter(({ id }) => (failFast && hasFailed) || cut.has(id)).map(({ id }) => id);
  const skipped = new Set(skip);
  const ready = new Set(
    pending
      .filter(({ id, dependsOn }) => !skipped.has(id) && dependsOn.every((name) => states[name] === 'SUCCEEDED'))
      .map(({ id }) => id),
  );
  const start = urgencyOrder(nodes, request.durationOf)
    .filter((id) => ready.has(id))
    .slice(0, Math.max(0, width - running));
  return { start, skip, isEnded: running === 0 && start.length === 0 && skip.length === pending.length };
};
