import type { ClientFrameInput } from '../../core/contract/client-frames.ts';
import type { Json } from '../../core/contract/json.ts';
import type { AssignedTask, TaskSubmissionInput, Usage } from '../../core/contract/task.ts';
import type { TaskOutcome } from './submissions.ts';

/** What a handler may say about its result beyond the output. */
export interface ResultDetails {
  readonly usage?: Usage;
  /** From 0 to 1. */
  readonly confidence?: number;
  readonly evidence?: readonly Json[];
}

/** A task that a handler submitted. */
export interface Subtask {
  readonly taskId: string;
  /** As the platform took it: already terminal when the same task had been submitted before and has ended. */
  readonly status: string;
  /** Settles when the subtask ends, in whatever status; rejects when the parent is aborted. */
  readonly outcome: Promise<TaskOutcome>;
}

/** What a handler returns to wait; made by `TaskContext.waitFor`. */
export class WaitForSubtasks {
  readonly taskIds: readonly string[];
  readonly workState: Json | undefined;

  constructor(taskIds: readonly string[], workState: Json | undefined) {
    this.taskIds = taskIds;
    this.workState = workState;
  }
}

/** What a handler returns to hand its task over; made by `TaskContext.handOff`. */
export class HandOff {
  readonly said: Omit<ClientFrameInput<'task.handoff'>, 'taskId' | 'attempt'>;

  constructor(said: HandOff['said']) {
    this.said = said;
  }
}

/** Of a question: the same key (of one task, where a handler asks) is the same question. */
export interface AskedOnce {
  readonly key?: string;
}

/** What may be asked of other agents and of people. An answer comes as the end of a task. */
export interface Asking {
  /** Asks another agent for help, by its name or for a capability. */
  collaborate(request: ClientFrameInput<'collaboration.request'>, options?: AskedOnce): Promise<Subtask>;
  /** Asks for a resource: whom the request names, else an operator, who answers `granted` or `denied`. */
  requestResource(request: ClientFrameInput<'resource.request'>, options?: AskedOnce): Promise<Subtask>;
  /** Puts something before people that agents cannot settle. The outcome's output has their `decision`. */
  escalate(request: ClientFrameInput<'escalation.raise'>, options?: AskedOnce): Promise<Subtask>;
}

/** What a handler has beside its task. What it asks is asked for its task, which may `waitFor` the answer. */
export interface TaskContext extends Asking {
  /** Aborts when the task is cancelled, taken away or overdue, or the agent stops: stop working then. */
  readonly signal: AbortSignal;
  /** Counts assignments of this task, from 1. */
  readonly attempt: number;
  /** Stable for this task and attempt, also when it is delivered twice: hand it to the systems you call. */
  readonly idempotencyKey: string;
  /** The trace that the task belongs to, where it has one: hand it on with your own calls. */
  readonly traceparent?: string | undefined;
  /** When the task must have ended, in epoch milliseconds of the platform's clock. */
  readonly deadline: number;
  /** Tells watchers how far the work is; lost while disconnected, but for the percentage. */
  progress(percent?: number, message?: string): void;
  /** Tells watchers, and the bus where the run's workflow has `taskEvents`, that a part of the work is done. Up to 128 characters. */
  milestone(name: string, percent?: number): void;
  /** Streams a part of the output to watchers; not stored. @throws {@link PayloadTooLargeError} over 32 KB. */
  chunk(value: Json): void;
  /**
   * Keeps what is done so far: should this attempt fail, time out or lose its agent, the next one gets the last of these as
   * `task.workState`. Resolves when the platform has it.
   */
  checkpoint(workState: Json): Promise<void>;
  /**
   * The value of a secret that the task names (`task.secrets`), read from the tenant's store now. Keep it out of the output,
   * messages and logs. @throws {@link MusterError} NOT_FOUND for one that the task does not name, or that is not kept.
   */
  secret(name: string): Promise<string>;
  /** Adds cost, confidence or evidence to the result. */
  details(details: ResultDetails): void;
  /**
   * Submits another task under this one, once however often it is sent. With a `key`, the same key under the same parent
   * is the same subtask also for a later attempt.
   */
  submit(task: TaskSubmissionInput, options?: AskedOnce): Promise<Subtask>;
  /**
   * To be returned by the handler: ends this attempt without a result, frees its slot, and has the task assigned again
   * when all these subtasks have ended, with `task.children` (what they came to) and `task.workState`. Up to 100 subtasks.
   */
  waitFor(subtasks: readonly { readonly taskId: string }[], workState?: Json): WaitForSubtasks;
  /**
   * To be returned by the handler: the task goes on with the agent that is named, with one that has the capability, or with
   * anybody else who is fit. That one is given `task.workState`, and reason and note as `task.handoff`.
   */
  handOff(said: HandOff['said']): HandOff;
}

/**
 * Does one task. What it returns is the output (as JSON); what it throws fails the task: {@link TaskFailure} decides
 * code and retry, anything else is retried.
 */
export type TaskHandler = (task: AssignedTask, context: TaskContext) => unknown;
