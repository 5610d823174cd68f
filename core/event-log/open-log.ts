import type { RunId, TaskId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { NotFoundError } from '../errors/errors.ts';
import { readStages } from '../runs/members.ts';
import { type Run, readRun } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { noteLogged, readMarkers, type StageRef } from '../stages/markers.ts';
import { present, set, setDefault } from '../table/conditions.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { logTask } from '../tasks/task-notes.ts';
import { logMember } from './log-member.ts';

/** Members opened at a time. */
const atOnce = 20;

/**
 * Lets a task's changes be logged from now on, beginning with how it stands; nothing is written for one that nobody asks
 * for. @throws NotFoundError when there is none of this tenant's.
 */
export const openTaskLog = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Task> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId)));
  if (found.kind === 'task' && found.task.taskLog !== undefined) return found.task;
  const written = await services.table.update(logTask({ tenant, taskId }, 'taskLog', taskId));
  const logged = readTask(written.item);
  if (!written.won || logged.kind !== 'task') throw new NotFoundError('task', taskId);
  return logged.task;
};

/**
 * ```
 * opener    no task yet ── note it on the marker ✔ ── no task yet
 * creator   ──────────────────────────── put task ────────────── touch the marker: noted → log the task
 * ```
 */
const openMember = async (services: Services, stage: StageRef, index: number): Promise<void> => {
  if (await logMember(services, stage, index)) return;
  await noteLogged(services, stage, index);
  await logMember(services, stage, index);
};

const openStage = async (services: Services, stage: StageRef): Promise<void> => {
  const { open } = await readMarkers(services, stage);
  for (let start = 0; start < open.length; start += atOnce)
    await Promise.all(open.slice(start, start + atOnce).map(({ index }) => openMember(services, stage, index)));
};

/**
 * Lets the changes of a run and of its tasks be logged from now on, beginning with how they stand: the run first, so that
 * whoever makes tasks hereafter sees it, then the tasks that have not ended. Repeatable; done once.
 *
 * @throws NotFoundError when there is none of this tenant's.
 */
export const openRunLog = async (services: Services, tenant: TenantId, runId: RunId): Promise<Run> => {
  const run = await readRun(services, tenant, runId);
  if (run.isLogOpen === true) return run;
  const key = keys.run(tenant, runId);
  const exists = present('pk');
  await services.table.update({ key, set: [setDefault('runLog', runId)], clauses: { exists } });
  for (const stage of await readStages(services, run)) await openStage(services, stage);
  await services.table.update({ key, set: [set('isLogOpen', true)], clauses: { exists } });
  return run;
};
