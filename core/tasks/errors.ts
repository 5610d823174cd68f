import { AppError } from '../errors/app-error.ts';

/** The caller is not, or no longer, the holder of the task's current attempt. */
export class StaleAttemptError extends AppError {
  override readonly name = 'StaleAttemptError';
  constructor(taskId: string, attempt: number, sent: 'kept_aside' | 'nothing' = 'nothing') {
    super(
      'STALE_ATTEMPT',
      sent === 'kept_aside'
        ? `Attempt ${attempt} of ${taskId} is not this agent’s any more. Stop working on it; what it sent was kept aside.`
        : `Attempt ${attempt} of ${taskId} is not, or not any more, this agent’s. What it sent changed nothing.`,
      { field: 'attempt' },
    );
  }
}

/** The task has ended; nothing changes it any more. */
export class AlreadyTerminalError extends AppError {
  override readonly name = 'AlreadyTerminalError';
  constructor(taskId: string, status: string) {
    super('ALREADY_TERMINAL', `${taskId} has ended with ${status}. Nothing changes it any more.`);
  }
}

/** Nobody answered in time, and what was to happen then has. */
export class ApprovalExpiredError extends AppError {
  override readonly name = 'ApprovalExpiredError';
  /** `taken`: the decision that its chain has for that, where it has one. */
  constructor(taskId: string, taken?: string) {
    const what = taken === undefined ? 'expired' : `ended by its default decision, ${taken},`;
    super('APPROVAL_EXPIRED', `${taskId} ${what} before this answer, which was kept aside. Nothing goes on by it.`);
  }
}

/** One idempotency key, two different requests. */
export class IdempotencyMismatchError extends AppError {
  override readonly name = 'IdempotencyMismatchError';
  constructor() {
    super(
      'IDEMPOTENCY_MISMATCH',
      'This idempotency key was used for a different request. Use a new key for a new request.',
      { field: 'idempotencyKey' },
    );
  }
}

/** A task has as many tasks under it, or is as many deep under others, as its tenant's quota. It would be as many again. */
export class DelegationLimitError extends AppError {
  override readonly name = 'DelegationLimitError';
  constructor(what: string, limit: number) {
    super(
      'DELEGATION_LIMIT',
      `A task may have tasks under it, at most ${what}. Do the work in this task, or have an administrator raise the quota.`,
      { field: 'parentTask', limit },
    );
  }
}

/** The leader in whose name this was sent has been replaced. */
export class StaleTermError extends AppError {
  override readonly name = 'StaleTermError';
  constructor(taskId: string, term: number) {
    super(
      'STALE_TERM',
      `Term ${term} is over: another agent leads now, and nothing is taken in the name of ${taskId}.`,
      {
        field: 'parentTask',
      },
    );
  }
}
