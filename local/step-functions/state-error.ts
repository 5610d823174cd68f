/** Why a state failed: an error name and cause as `$states.errorOutput` shows them. */
export interface StateFailure {
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** Set when a field could not be evaluated, which has a history event of its own; with the field where AWS names it. */
  readonly evaluation?: { readonly location: string | undefined };
  /** Set when a task's own result caused the failure: AWS lets `States.ALL` catch even an oversize result then. */
  readonly fromTask?: boolean;
  /** Set when the heartbeat was missed; AWS names it `States.Timeout`, and both names match. */
  readonly missedHeartbeat?: boolean;
}

/** Thrown inside the interpreter to fail the current state. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly failure: StateFailure;
  constructor(failure: StateFailure) {
    super(failure.cause ?? failure.error ?? 'the state failed');
    this.failure = failure;
  }
}

/** A field could not be evaluated; `detail` lacks the sentence that names the state, which the interpreter adds. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  readonly detail: string;
  readonly location: string | undefined;
  constructor(detail: string, location: string | undefined) {
    super(detail);
    this.detail = detail;
    this.location = location;
  }
}
