import type { Step } from '../contract/definitions/step.ts';
import type { Json } from '../contract/json.ts';
import type { Requirements, TaskKind } from '../contract/task.ts';
import type { StageCompletion } from '../coordination/completion.ts';

/** One task of a stage that a mode names by itself. Its input is taken as it is, not as a template. */
export interface StageMember {
  readonly input: Json;
  /** In place of the step's. */
  readonly requirements?: Requirements;
}

/** A step of a stage: one task, one for each element of its `forEach`, or one for each of `members`. */
export interface StageStep extends Step {
  readonly kind?: TaskKind;
  /** Of a leader's task: the term in whose name it is done, from 1. */
  readonly term?: number;
  /** Where the definition says its input, for errors. @default `steps.<id>.input` */
  readonly inputField?: string;
  readonly members?: readonly StageMember[];
  /** What its template may name beside the run's input and earlier steps; its mode fills it then. */
  readonly names?: readonly string[];
  /** Its mode has filled `input` already: it is taken as it is. */
  readonly isFilled?: boolean;
  /**
   * What its template may name beside the run's input and earlier steps, with the values. Data, never itself a template.
   * One that is a node of a dataflow may name `dependencies` too: the outputs of those it depends on, by id.
   */
  readonly given?: Readonly<Record<string, Json>>;
}

/** One stage: its steps and when it is decided. */
export interface StageSpec {
  readonly id: string;
  readonly steps: readonly StageStep[];
  readonly completion: StageCompletion;
  /** How many of its tasks work at once. @default the definition's `maxParallelAgents` */
  readonly width?: number;
  /**
   * Whether a step begins once those of the stage that it depends on have succeeded, and its input is filled then. Its
   * steps are single tasks. One whose dependencies did not all succeed is skipped.
   */
  readonly isDataflow?: boolean;
  /** Whether each end among its tasks is reported as the run's progress. */
  readonly reportsProgress?: boolean;
  /** Of an outline: its steps stand for others, which are known once it is planned, and nothing else may name them. */
  readonly isSketch?: boolean;
}
