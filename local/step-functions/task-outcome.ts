import type { TaskResource } from './resources.ts';

/** One call that a task asks for. */
export interface TaskRequest {
  readonly resource: TaskResource;
  readonly input: unknown;
  readonly stateName: string;
  /** Names the attempt; the same when the call is made again after a restart. */
  readonly attempt: string;
  /** After a restart: the call may have been made before. */
  readonly isRepeated: boolean;
  readonly executionArn: string;
  readonly machineArn: string;
  readonly roleArn: string;
}

/** What came of the call. `submitted` means that the result comes later, by token or from a child execution. */
export type TaskOutcome =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'submitted'; readonly output: unknown; readonly childArn?: string }
  | { readonly kind: 'failed'; readonly error: string | undefined; readonly cause: string | undefined };

/** Performs task calls; never throws. */
export type PerformTask = (request: TaskRequest) => Promise<TaskOutcome>;
