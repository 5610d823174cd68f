import type { Json } from '../contract/json.ts';
import type { TaskError } from '../contract/task.ts';
import type { RunError } from '../contract/workflow.ts';
import type { Expression } from '../ports/expressions.ts';
import type { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import type { StageSpec } from './stage-spec.ts';

/** A run as its mode sees it. What happened so far is read with `run-reader.ts`; what is chosen is kept with `notes.ts`. */
export interface ModeContext {
  readonly services: Services;
  readonly run: Run;
}

/** What a stage's outcome means for its run, and how its token is answered. */
export interface AfterStage {
  readonly run: 'continue' | 'succeed' | 'fail';
  /**
   * A token is failed only where the mode says that the failure stops the state machine; `again`, where the state is to ask
   * once more what comes now.
   */
  readonly token: 'succeed' | 'fail' | 'again';
}

/** What comes next where a mode hands on from stage to stage: a stage, or the end. */
export type HandOn =
  | { readonly kind: 'work'; readonly stage: number }
  | { readonly kind: 'end'; readonly result: Json }
  | { readonly kind: 'fail'; readonly error: TaskError; readonly result: Json };

/** An expression of a definition, and where it stands. */
export interface PlacedExpression {
  readonly field: string;
  readonly expression: Expression;
}

/** What a mode decided between two stages. */
export interface ModeDecision {
  /** What the state machine goes by: a word for its Choice, and small values such as the next round's number. */
  readonly answer: { readonly decision: string } & Readonly<Record<string, Json>>;
  /** What follows for the run. */
  readonly run: 'continue' | 'succeed' | 'fail';
  /** A leader's term that is over by it: what its leader had submitted ends. */
  readonly endedTerm?: number;
  /** Why, of a run that fails; with the task by which it failed where the mode names one. */
  readonly error?: RunError;
  /** What the run came to, of one that ends: templates name it as `result`. Kept also of a run that fails. */
  readonly result?: Json;
}

/** What a run came to. */
export interface RunConclusion {
  /** Templates name it as `result`. Kept also of a run that fails. */
  readonly result?: Json;
  /** Why the run fails, though its last stage did not. */
  readonly error?: RunError;
}

/** A question of the state machine: the name of the decision, and which of that name (a round, a term). */
export interface DecisionStep {
  readonly step: string;
  readonly position: number;
}

/**
 * The rules of one mode for one definition. A mode is an arrangement of stages, which agents work on, and of decisions
 * between them. Everything here may be asked again after a crash and must then answer the same.
 */
export interface ModeRules {
  /** The mode's state machine: `statemachines/<machine>.asl.json`. */
  readonly machine: string;
  /**
   * The stages as far as the definition alone tells, each once, in order: for checks, views and dry runs. For a mode
   * without decisions they are the stages, by position.
   */
  readonly outline: readonly StageSpec[];
  /** What the stage at a position consists of, from what came before. @default the outline's */
  plan?(context: ModeContext, position: number): Promise<StageSpec>;
  after(position: number, outcome: 'SUCCEEDED' | 'FAILED'): AfterStage;
  /** What the run came to, once `after` says that a stage ends it. */
  conclude?(context: ModeContext, position: number, outcome: 'SUCCEEDED' | 'FAILED'): Promise<RunConclusion>;
  /** Of a stage whose completion is `settled`: whether what is still open can change nothing any more. */
  isSettled?(context: ModeContext, position: number): Promise<boolean>;
  /** Decides between stages. Called for the first time of a step; the answer is kept and given again. */
  decide?(context: ModeContext, step: DecisionStep): Promise<ModeDecision>;
  /** How far the run is, where its stages report it. */
  progress?(context: ModeContext): Promise<Json>;
  /** What comes at a position, for a state that waits for it with a token. Asked as often as the state is entered. */
  handOn?(context: ModeContext, position: number): Promise<HandOn>;
  /** What its author wrote to be evaluated: found out to be possible before the definition is stored. */
  readonly expressions?: readonly PlacedExpression[];
  /** Template of the run's output where the definition names none. */
  readonly output: Json;
}
