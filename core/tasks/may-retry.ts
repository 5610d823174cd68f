import type { TaskError } from '../contract/task.ts';
import type { Task } from './task.ts';

/** Whether a task may be tried once more after an error. An attempt that ended by waiting for children is not counted. */
export const mayRetry = (task: Pick<Task, 'attempt' | 'waits' | 'retry'>, error: TaskError): boolean =>
  error.retryable &&
  task.attempt - (task.waits ?? 0) < task.retry.maxAttempts &&
  !task.retry.nonRetryableCodes.includes(error.code);
