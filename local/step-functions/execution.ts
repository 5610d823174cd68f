/** Where an execution stands. @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One execution, without the states it is in: those are its {@link Frame}s. */
export interface Execution {
  readonly id: number;
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly definitionId: string;
  readonly input: unknown;
  readonly startedAt: number;
  readonly deadlineAt: number | undefined;
  readonly status: ExecutionStatus;
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly stoppedAt?: number;
}

/** One attempt at a task. */
export interface TaskAttempt {
  /** Names the attempt, so that an answer to an earlier one is dropped; for callback tasks it is the task token. */
  readonly token: string;
  readonly timeoutAt: number | undefined;
  readonly heartbeatMs: number | undefined;
  readonly heartbeatAt: number | undefined;
  /** The call was made and answered; what remains is the token or the child execution. */
  readonly isSubmitted: boolean;
  readonly childArn?: string | undefined;
}

/** What a frame is doing. `fork` is a Parallel or Map that waits for its children. */
export type Phase =
  | { readonly kind: 'ready' }
  | { readonly kind: 'retry'; readonly dueAt: number }
  | { readonly kind: 'wait'; readonly dueAt: number }
  | { readonly kind: 'task'; readonly task: TaskAttempt }
  | {
      readonly kind: 'fork';
      readonly total: number;
      readonly next: number;
      readonly open: number;
      readonly maxConcurrency: number;
    }
  | { readonly kind: 'done' };

/**
 * One line of control: the execution itself, one branch of a Parallel or one iteration of a Map. State names are
 * unique in a state machine, so the name alone says where a frame is. Values that can be large are never changed in
 * place: the store writes only those that were replaced.
 */
export interface Frame {
  readonly id: number;
  readonly parent: number | undefined;
  /** Branch or iteration number. */
  readonly index: number;
  readonly item?: { readonly index: number; readonly value: unknown } | undefined;
  readonly state: string;
  readonly phase: Phase;
  readonly input: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The arguments of a task, the branch inputs of a fork, the output when done. */
  readonly payload: unknown;
  /** Retries made so far, by retrier. */
  readonly retries: readonly number[];
  readonly retryCount: number;
  readonly enteredAt: number;
  readonly enteredEvent: number;
  /** The event before the state was entered, to which AWS chains a Map's evaluation failure. */
  readonly eventBefore: number;
  readonly lastEvent: number;
}

/** One line of the execution history. */
export interface HistoryEvent {
  readonly id: number;
  readonly at: number;
  readonly type: string;
  readonly previousId: number;
  /** `{ taskScheduledEventDetails: { … } }`, or empty. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What happens to an execution from outside. */
export type ExecutionEvent =
  | { readonly kind: 'advance'; readonly frame: number }
  | { readonly kind: 'due'; readonly frame: number }
  | {
      readonly kind: 'submitted';
      readonly frame: number;
      readonly token: string;
      readonly output: unknown;
      readonly childArn?: string | undefined;
    }
  | { readonly kind: 'succeeded'; readonly frame: number; readonly token: string; readonly output: unknown }
  | {
      readonly kind: 'failed';
      readonly frame: number;
      readonly token: string;
      readonly error: string | undefined;
      readonly cause: string | undefined;
    }
  | { readonly kind: 'heartbeat'; readonly frame: number; readonly token: string }
  | { readonly kind: 'stop'; readonly error: string | undefined; readonly cause: string | undefined }
  | { readonly kind: 'deadline' };

/** What must be done after a step is committed. All may be done twice when the process dies in between. */
export type Effect =
  | { readonly kind: 'advance'; readonly frame: number }
  | { readonly kind: 'perform'; readonly frame: number }
  | { readonly kind: 'await-child'; readonly frame: number; readonly childArn: string; readonly token: string }
  | { readonly kind: 'stop-child'; readonly childArn: string; readonly cause: string };

/** A change of status to be published, kept until it was. */
export interface Notice {
  readonly id: string;
  readonly detail: Record<string, unknown>;
}

/** Everything one event changed, committed as a whole before any effect. */
export interface Step {
  readonly execution: Execution;
  /** Changed frames by id; undefined for those that ended. */
  readonly frames: ReadonlyMap<number, Frame | undefined>;
  readonly history: readonly HistoryEvent[];
  /** Task tokens given out, with the frame each belongs to. */
  readonly openedTokens: ReadonlyMap<string, number>;
  readonly closedTokens: readonly string[];
  readonly notices: readonly Notice[];
  readonly effects: readonly Effect[];
  /** False when the event came too late and changed nothing. */
  readonly isAccepted: boolean;
}
