import { timings } from '../contract/limits.ts';
import type { Services } from '../services.ts';
import { attemptDeadline, type Task } from '../tasks/task.ts';

/** The longest delay of a message; what is due later is left to the sweep. */
export const longestDelayMs = 900_000;

/** Timers for what must happen sooner than the next sweep would see it. A timer that fires for nothing is harmless. */
export const setTimers = async (services: Services, task: Task): Promise<void> => {
  const nowMs = services.clock.now();
  const { tenant, taskId, attempt } = task;
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
  if (task.status === 'PENDING') await setWaitTimers(services, task, nowMs);
};

/** Of a task that waits for a time, or for a person in turn. */
const setWaitTimers = async (
  services: Services,
  { tenant, taskId, rev, chain, runAt = Infinity }: Task,
  nowMs: number,
): Promise<void> => {
  const moveMs = Math.max(1000, (chain?.nextAt ?? Infinity) - nowMs);
  if (moveMs <= longestDelayMs)
    await services.queues.sendTimer({ kind: 'chain', tenant, taskId }, Math.ceil(moveMs / 1000));
  const delayMs = Math.max(0, runAt - nowMs);
  if (delayMs <= longestDelayMs)
    await services.queues.sendTimer({ kind: 'due', tenant, taskId, rev }, Math.ceil(delayMs / 1000));
};
