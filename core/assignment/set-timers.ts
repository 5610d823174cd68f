import { timings } from '../contract/limits.ts';
import type { Services } from '../services.ts';
import { attemptDeadline, type Task } from '../tasks/task.ts';

/** The longest delay of a message; what is due later is left to the sweep. */
export const longestDelayMs = 900_000;

/** Timers for what must happen sooner than the next sweep would see it. A timer that fires for nothing is harmless. */
export const setTimers = async (services: Services, task: Task): Promise<void> => {
  const nowMs = services.clock.now();
  const { tenant, taskId, attempt, rev } = task;
  const remainingMs = task.deadlineAt - nowMs;
  const isFirst = task.status !== 'ASSIGNED' || attempt === 1;
  if (isFirst && remainingMs < timings.sweepMs) {
    await services.queues.sendTimer({ kind: 'deadline', tenant, taskId }, Math.max(1, Math.ceil(remainingMs / 1000)));
  }
  if (task.status === 'ASSIGNED' && task.ackTimeoutMs !== undefined) {
    await services.queues.sendTimer({ kind: 'ack', tenant, taskId, attempt }, Math.ceil(task.ackTimeoutMs / 1000));
  }
  const attemptMs = attemptDeadline(task) - nowMs;
  if (task.status === 'ASSIGNED' && attemptMs < timings.sweepMs) {
    await services.queues.sendTimer(
      { kind: 'attempt', tenant, taskId, attempt },
      Math.max(1, Math.ceil(attemptMs / 1000)),
    );
  }
  if (task.status === 'PENDING' && task.runAt !== undefined) {
    const delayMs = Math.max(0, task.runAt - nowMs);
    if (delayMs <= longestDelayMs)
      await services.queues.sendTimer({ kind: 'due', tenant, taskId, rev }, Math.ceil(delayMs / 1000));
  }
};
