import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { endByPlatform } from '../tasks/end-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import type { Run } from './run.ts';
import { readChildren } from './terms.ts';

/** Ends a task that was submitted in the name of a term that is over. */
export const endChild = async (services: Services, task: Task, number: number): Promise<void> => {
  const error = {
    code: 'STALE_TERM',
    message: `Term ${number}, in whose name it was submitted, is over.`,
    retryable: false,
  };
  if (!isTerminal(task.status)) await endByPlatform(services, task, { status: 'CANCELLED', error });
};

/** Ends what is still open of a term that is over. Repeatable. */
export const endChildrenOf = async (services: Services, run: Run, number: number): Promise<void> => {
  for (const taskId of await readChildren(services, run, number)) {
    const found = readTask(await services.table.get(keys.task(run.tenant, taskId), { consistent: true }));
    if (found.kind === 'task') await endChild(services, found.task, number);
  }
};
