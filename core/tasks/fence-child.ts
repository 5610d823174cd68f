import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { endChild } from '../runs/end-term.ts';
import { readRun } from '../runs/run.ts';
import { isTermOver, noteChild } from '../runs/terms.ts';
import type { Services } from '../services.ts';
import { StaleTermError } from './errors.ts';
import { readTask, type Task } from './task.ts';

/** @throws StaleTermError when another leads by now in place of who does the task. */
export const checkTerm = async (services: Services, { tenant, taskId, term }: Task): Promise<void> => {
  if (term === undefined) return;
  const run = await readRun(services, tenant, term.runId);
  if (await isTermOver(services, run, term.number)) throw new StaleTermError(taskId, term.number);
};

/** Says that a task is done in the name of its parent's term, before it is there. */
export const noteInTerm = async (services: Services, { tenant, term }: Task, child: Task): Promise<void> => {
  if (term === undefined) return;
  await noteChild(services, await readRun(services, tenant, term.runId), term.number, child.taskId);
};

/**
 * Looks at the term again once the task is there: one that came to be when its leader was being replaced ends.
 * @throws StaleTermError when it was.
 */
export const endIfStale = async (services: Services, parent: Task, child: Task): Promise<void> => {
  const { term, tenant, taskId } = parent;
  if (term === undefined) return;
  const run = await readRun(services, tenant, term.runId);
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  const isLost = found.kind === 'task' && isTerminal(found.task.status) && found.task.status !== 'SUCCEEDED';
  if (!isLost && !(await isTermOver(services, run, term.number))) return;
  const now = readTask(await services.table.get(keys.task(tenant, child.taskId), { consistent: true }));
  if (now.kind === 'task') await endChild(services, now.task, term.number);
  throw new StaleTermError(taskId, term.number);
};
