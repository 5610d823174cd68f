import type { TaskError } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { afterEnd, forgottenAt } from './end-task.ts';
import { readTask, type Task } from './task.ts';
import { finishByPlatform } from './task-writes.ts';

/** How a task ends that no agent had. */
export interface HeldEnding {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  readonly output?: Task['output'];
  readonly error?: TaskError | undefined;
  /** The run that did it. */
  readonly childRunId?: Task['childRunId'];
}

/**
 * Ends a task that waits on a run or a person, as it was read: nothing happens when it has changed since, or has ended.
 * Returns the task as it ended, or `undefined`.
 */
export const endHeldTask = async (services: Services, task: Task, end: HeldEnding): Promise<Task | undefined> => {
  const nowMs = services.clock.now();
  const { status, ...fields } = end;
  const written = await services.table.update(
    finishByPlatform(task, {
      status,
      fields,
      nowMs,
      expiresAtEpochSeconds: forgottenAt(services),
      isDeadLetter: task.place === undefined && (status === 'FAILED' || status === 'TIMED_OUT'),
    }),
  );
  const ended = written.won ? readTask(written.item) : undefined;
  if (ended?.kind !== 'task') return undefined;
  await afterEnd(services, ended.task);
  return ended.task;
};
