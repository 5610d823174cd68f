import { shorten } from '../common/shorten.ts';
import { RunId, type TaskId, type TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { isTerminal, type TaskError } from '../contract/task.ts';
import { AppError } from '../errors/app-error.ts';
import { ConflictError } from '../errors/errors.ts';
import { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { equal, plus, set } from '../table/conditions.ts';
import { endHeldTask, type HeldEnding } from '../tasks/end-held-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { traceOfAttempt } from '../trace/task-spans.ts';
import { stopRun } from './cancel-run.ts';
import { isOverdue } from './deadline.ts';
import { noteOnce } from './notes.ts';
import { Run, readRun } from './run.ts';
import { startedRunId, startRun } from './start-run.ts';
import { newestVersion } from './workflow-store.ts';

const maxTries = 5;

const readTaskItem = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Task | undefined> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  return found.kind === 'task' ? found.task : undefined;
};

/** The principal and the key under which a task's run is started: one task, one run. */
const starterOf = (task: Task): { principal: Principal; idempotencyKey: string } => ({
  principal: Principal.parse({ tenant: task.tenant, id: task.submitter.principal, role: 'submitter' }),
  idempotencyKey: `task:${task.taskId}`,
});

/** What becomes of a task when its run has ended. */
const endingOf = (run: Run): HeldEnding => {
  const { runId: childRunId } = run;
  if (run.status === 'SUCCEEDED') return { status: 'SUCCEEDED', output: run.output ?? null, childRunId };
  const error: TaskError = {
    code: run.error?.code ?? `RUN_${run.status}`,
    message: shorten(`${run.runId} of ${run.workflow}: ${run.error?.message ?? run.status}`, 4096),
    retryable: false,
  };
  return { status: run.status === 'CANCELLED' ? 'CANCELLED' : 'FAILED', error, childRunId };
};

/**
 * A run has ended: the task that it does ends with its output or its error. Repeatable; the relay repeats it until it
 * is done.
 * @throws ConflictError when the task kept changing.
 */
export const endTaskOfRun = async (services: Services, run: Run): Promise<void> => {
  if (run.parentTask === undefined || !isTerminal(run.status)) return;
  for (let tries = 0; tries < maxTries; tries++) {
    const task = await readTaskItem(services, run.tenant, run.parentTask);
    if (task === undefined || isTerminal(task.status)) return;
    if ((await endHeldTask(services, task, endingOf(run))) !== undefined) return;
  }
  throw new ConflictError(`Task ${run.parentTask}`);
};

/** All steps of one run that name a workflow without a version run the same version, whenever their turn comes. */
const versionOf = async (services: Services, parent: Run, task: Task): Promise<number> => {
  const { workflow = '', version } = task.run ?? {};
  if (version !== undefined) return version;
  const newest = await newestVersion(services, task.tenant, workflow);
  return Number(await noteOnce(services, parent, `version#${workflow}`, newest));
};

const startChild = async (services: Services, task: Task, parent: Run): Promise<Run> => {
  const depth = (parent.depth ?? 0) + 1;
  if (depth > limits.runDepth)
    throw new AppError(
      'INVALID_DEFINITION',
      `Runs are nested more than ${limits.runDepth} deep: ${parent.workflow} runs ${task.run?.workflow ?? ''}.`,
      { limit: limits.runDepth },
    );
  const version = await versionOf(services, parent, task);
  const child = await startRun(services, {
    ...starterOf(task),
    request: { workflow: task.run?.workflow ?? '', version, input: task.input },
    parent: { task: task.taskId, depth, deadlineAt: parent.deadlineAt },
    traceparent: traceOfAttempt(task),
  });
  await services.table.update({
    key: keys.task(task.tenant, task.taskId),
    set: [set('childRunId', child.runId), plus('rev', 1)],
    clauses: { isPending: equal('status', 'PENDING') },
  });
  return child;
};

const stopOrphan = async (services: Services, run: Run, task: Task): Promise<void> => {
  const message = `The task that it does has ended with ${task.status}.`;
  await stopRun(services, run, { status: 'CANCELLED', error: { code: 'CANCELLED', message, retryable: false } });
};

/** Stops a run whose task has ended without it, as a lost message leaves it. Returns whether that was so. For the sweep. */
export const stopIfAbandoned = async (services: Services, run: Run): Promise<boolean> => {
  if (run.parentTask === undefined) return false;
  const task = await readTaskItem(services, run.tenant, run.parentTask);
  if (task === undefined || !isTerminal(task.status)) return false;
  await stopOrphan(services, run, task);
  return true;
};

const stopChild = async (services: Services, task: Task): Promise<void> => {
  const { principal, idempotencyKey } = starterOf(task);
  const runId = startedRunId(principal, idempotencyKey);
  const item = await services.table.get(keys.run(task.tenant, runId), { consistent: true });
  if (item === undefined) return;
  const run = Run.parse(item);
  if (!isTerminal(run.status)) await stopOrphan(services, run, task);
};

/**
 * Brings the run that does a task in step with it: starts it for one that waits, ends the task by one that has ended,
 * stops it for one that has ended otherwise. Repeatable at every point, also for tasks and runs that are long over.
 */
export const followTask = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<void> => {
  const task = await readTaskItem(services, tenant, taskId);
  if (task?.run === undefined || task.place === undefined) return;
  if (isTerminal(task.status)) return stopChild(services, task);
  const parent = await readRun(services, tenant, RunId.parse(task.place.runId));
  // Whoever ends the parent ends this task.
  if (isOverdue(parent, services.clock.now())) return;
  try {
    const child = await startChild(services, task, parent);
    if (isTerminal(child.status)) return await endTaskOfRun(services, child);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    const reason = { code: error.code, message: error.message, retryable: false };
    await endHeldTask(services, task, { status: 'FAILED', error: reason });
  }
  // Started first, then looked: whoever ended the task meanwhile may have found no run to stop.
  const now = await readTaskItem(services, tenant, taskId);
  if (now !== undefined && isTerminal(now.status)) await stopChild(services, now);
};
