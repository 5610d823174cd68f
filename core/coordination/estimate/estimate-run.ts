import { criticalPath } from '../dag/critical-path.ts';
import type { DagNode } from '../dag/levels.ts';
import { expectedMakespan } from './expected-makespan.ts';
import { costOf, unitsPerStageMember, unitsPerTask } from './prices.ts';
import { type ModeShape, transitionsOf } from './transitions.ts';

/** A task that a run will have, as far as that can be told beforehand. */
export interface ExpectedTask extends DagNode {
  /** Unknown durations count as nothing and are listed. */
  readonly expectedMs: number | undefined;
  /** What its agent asks for it. */
  readonly priceUsd?: number;
  /** No task but a point in time: what waits for it waits for all that it waits for. */
  readonly isGate?: boolean;
}

/** A run before it happens. */
export interface EstimateRequest {
  readonly shape: ModeShape;
  /** All tasks with what each waits for; votes and bids are tasks too. */
  readonly tasks: readonly ExpectedTask[];
  readonly maxParallelAgents: number;
}

/** What a run is expected to take. It says nothing about retries, payloads above 1 KB, or agents that are busy. */
export interface RunEstimate {
  readonly tasks: number;
  readonly transitions: number;
  /** The platform's part, at list price. */
  readonly platformUsd: number;
  /** What agents ask for. */
  readonly agentsUsd: number;
  readonly criticalPath: readonly string[];
  readonly criticalPathSeconds: number;
  /** With at most `maxParallelAgents` at work. */
  readonly expectedSeconds: number;
  /** Tasks of unknown duration: the seconds are at least this much. */
  readonly unknownDurations: readonly string[];
}

/**
 * Estimates a run.
 * @throws CycleError, UnknownDependencyError.
 */
export const estimateRun = ({ shape, tasks, maxParallelAgents }: EstimateRequest): RunEstimate => {
  const durations = new Map(tasks.map(({ id, expectedMs }) => [id, expectedMs ?? 0]));
  const durationOf = (id: string): number => durations.get(id) ?? 0;
  const transitions = transitionsOf(shape);
  const { path, length } = criticalPath(tasks, durationOf);
  const gates = new Set(tasks.filter(({ isGate }) => isGate === true).map(({ id }) => id));
  const count = tasks.length - gates.size;
  return {
    tasks: count,
    transitions,
    platformUsd:
      count * (costOf(unitsPerTask) + costOf(unitsPerStageMember)) + costOf({ stateTransition: transitions }),
    agentsUsd: tasks.reduce((sum, { priceUsd }) => sum + (priceUsd ?? 0), 0),
    criticalPath: path.filter((id) => !gates.has(id)),
    criticalPathSeconds: length / 1000,
    expectedSeconds: expectedMakespan(tasks, durationOf, maxParallelAgents) / 1000,
    unknownDurations: tasks
      .filter(({ expectedMs, isGate }) => expectedMs === undefined && isGate !== true)
      .map(({ id }) => id),
  };
};
