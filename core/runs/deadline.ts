import { longestDelayMs } from '../assignment/set-timers.ts';
import type { RunError } from '../contract/workflow.ts';
import type { Services } from '../services.ts';
import type { RunEnding } from './end-run.ts';
import type { Run } from './run.ts';

/** Whether a run's time is over: nothing is begun for it any more. */
export const isOverdue = ({ deadlineAt }: Pick<Run, 'deadlineAt'>, nowMs: number): boolean => deadlineAt <= nowMs;

/** How a run ends whose time is over. */
export const overdueEnding = ({ createdAt, deadlineAt }: Pick<Run, 'createdAt' | 'deadlineAt'>): RunEnding => ({
  status: 'TIMED_OUT',
  error: {
    code: 'DEADLINE',
    message: `The run did not end within ${Math.round((deadlineAt - createdAt) / 1000)} s.`,
    retryable: false,
  },
});

/** How a run ends that failed at a time: what fails because its time is over has timed out, by the same task. */
export const failedEnding = (run: Run, error: RunError | undefined, atMs: number): RunEnding => {
  if (!isOverdue(run, atMs)) return { status: 'FAILED', error };
  const { status, error: overdue } = overdueEnding(run);
  const failedTask = error?.failedTask;
  return { status, error: overdue && failedTask ? { ...overdue, failedTask } : overdue };
};

/** A timer for a run that ends sooner than a message may wait; one that goes on longer is left to the sweep. */
export const setRunTimer = async (services: Services, { tenant, runId, deadlineAt }: Run): Promise<void> => {
  const remainingMs = deadlineAt - services.clock.now();
  if (remainingMs <= longestDelayMs)
    await services.queues.sendTimer(
      { kind: 'run-deadline', tenant, runId },
      Math.max(1, Math.ceil(remainingMs / 1000)),
    );
};

/** What the timer of a run asks for: one that is over by then is ended by whoever may stop executions. */
export const endRunInTime = async (services: Services, run: Run): Promise<void> => {
  const { tenant, runId } = run;
  if (!isOverdue(run, services.clock.now())) return setRunTimer(services, run);
  const reason = overdueEnding(run).error?.message ?? '';
  await services.queues.sendTasks(tenant, [{ kind: 'cancel', tenant, runId, stage: 0, reason, stopsRun: true }]);
};
