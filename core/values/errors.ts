import { limits } from '../contract/limits.ts';
import { AppError } from '../errors/app-error.ts';

/** So many writes wait for a question to be answered that no more are kept. A write that has seen the question need not wait. */
export class WritesWaitError extends AppError {
  override readonly name = 'WritesWaitError';
  constructor(what: string) {
    const limit = limits.waitingWrites;
    super(
      'CONFLICT',
      `${limit} writes of ${what} wait until it is decided which of two holds. Read it and write with its version, or wait.`,
      { limit },
    );
  }
}
