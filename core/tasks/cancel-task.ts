import type { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { ConflictError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { endByPlatform } from './end-task.ts';
import { AlreadyTerminalError } from './errors.ts';
import { readTask, type Task } from './task.ts';

/** How often a cancel follows a task that changes under it before it gives up. */
const maxTries = 5;

/**
 * Ends a task as CANCELLED wherever it is; an agent that has it is told to stop. Cancelling a cancelled task is fine.
 *
 * @throws AlreadyTerminalError when it ended otherwise, NotFoundError when there is none of this tenant's.
 */
export const cancelTask = async (
  services: Services,
  principal: Principal,
  taskId: TaskId,
  reason: string,
): Promise<Task> => {
  for (let tries = 0; tries < maxTries; tries++) {
    const found = readTask(await services.table.get(keys.task(principal.tenant, taskId), { consistent: true }));
    if (found.kind !== 'task') throw new NotFoundError('task', taskId);
    const { task } = found;
    if (task.status === 'CANCELLED') return task;
    if (isTerminal(task.status)) throw new AlreadyTerminalError(taskId, task.status);
    const ended = await endByPlatform(services, task, {
      status: 'CANCELLED',
      error: { code: 'CANCELLED', message: reason, retryable: false },
    });
    if (ended !== undefined) return ended;
  }
  throw new ConflictError(`Task ${taskId}`);
};
