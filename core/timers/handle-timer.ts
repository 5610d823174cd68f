import { loseAgent } from '../agents/lose-agent.ts';
import { readSlots } from '../agents/read-agent.ts';
import { expireApproval, stepApproval } from '../approvals/step-approval.ts';
import { fillAgent } from '../assignment/fill-agent.ts';
import { placeStoredTask } from '../assignment/place-task.ts';
import { longestDelayMs } from '../assignment/set-timers.ts';
import type { TaskId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { TimerMessage } from '../contract/messages.ts';
import { isTerminal } from '../contract/task.ts';
import { endRunInTime } from '../runs/deadline.ts';
import { isLive, Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { endByPlatform } from '../tasks/end-task.ts';
import { giveBackTask } from '../tasks/give-back-task.ts';
import { attemptDeadline, readTask, type Task } from '../tasks/task.ts';

const readLive = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Task | undefined> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  return found.kind === 'task' && !isTerminal(found.task.status) ? found.task : undefined;
};

/** The reconnect grace is over: an agent that is not back loses its tasks. A newer epoch means that it was back. */
const endGrace = async (
  services: Services,
  message: Extract<TimerMessage, { kind: 'reconnect-grace' }>,
): Promise<void> => {
  const slots = await readSlots(services, message.tenant, message.agentId);
  if (slots === undefined || slots.connection !== undefined || slots.epoch !== message.epoch) return;
  await loseAgent(services, slots, 'disconnected');
};

/** The agent had to accept by now. */
const endAck = async (services: Services, message: Extract<TimerMessage, { kind: 'ack' }>): Promise<void> => {
  const task = await readLive(services, message.tenant, message.taskId);
  if (task?.status !== 'ASSIGNED' || task.attempt !== message.attempt || task.acceptedAt !== undefined) return;
  const error = {
    code: 'NOT_ACCEPTED',
    message: `The agent did not accept within ${task.ackTimeoutMs ?? 0} ms.`,
    retryable: true,
  };
  await giveBackTask(services, task, { error, slot: 'let_go', avoidAgent: true, delayMs: 0 });
};

/** The attempt took too long: its agent is told to stop and lets go, and the task goes elsewhere with the last work state. */
export const endAttempt = async (services: Services, task: Task): Promise<void> => {
  const error = {
    code: 'ATTEMPT_TIMEOUT',
    message: `The attempt did not end within ${task.attemptTimeoutSeconds ?? 0} s.`,
    retryable: true,
    failureType: 'timeout' as const,
  };
  await giveBackTask(services, task, { error, slot: 'let_go', avoidAgent: true, delayMs: 0 });
};

const endAttemptInTime = async (
  services: Services,
  message: Extract<TimerMessage, { kind: 'attempt' }>,
): Promise<void> => {
  const task = await readLive(services, message.tenant, message.taskId);
  if (task?.status !== 'ASSIGNED' || task.attempt !== message.attempt) return;
  const earlyMs = attemptDeadline(task) - services.clock.now();
  if (earlyMs <= 0) return endAttempt(services, task);
  if (earlyMs < longestDelayMs) await services.queues.sendTimer(message, Math.ceil(earlyMs / 1000));
};

/** A member of a stage has until its run's deadline at most. */
const whatPassed = ({ deadlineAt, createdAt, timeoutMs }: Task): string =>
  deadlineAt - createdAt < timeoutMs ? "before its run's deadline" : `within ${Math.round(timeoutMs / 1000)} s`;

/** Ends a task whose deadline has passed. */
export const endOverdue = async (services: Services, task: Task): Promise<void> => {
  if (task.kind === 'approval') return expireApproval(services, task);
  // Work that nobody does is another fault than work that takes too long. A run is no agent's.
  const untouched = task.attempt === 0 && task.kind !== 'run' ? ': no agent ever had it' : '';
  const error = {
    code: 'DEADLINE',
    message: `The task did not end ${whatPassed(task)}${untouched}.`,
    retryable: false,
  };
  await endByPlatform(services, task, { status: 'TIMED_OUT', error });
};

const endInTime = async (services: Services, message: Extract<TimerMessage, { kind: 'deadline' }>): Promise<void> => {
  const task = await readLive(services, message.tenant, message.taskId);
  if (task === undefined) return;
  const earlyMs = task.deadlineAt - services.clock.now();
  if (earlyMs <= 0) return endOverdue(services, task);
  if (earlyMs < longestDelayMs) await services.queues.sendTimer(message, Math.ceil(earlyMs / 1000));
};

const moveInTime = async (services: Services, message: Extract<TimerMessage, { kind: 'chain' }>): Promise<void> => {
  const task = await readLive(services, message.tenant, message.taskId);
  if (task?.chain === undefined) return;
  const earlyMs = task.chain.nextAt - services.clock.now();
  if (earlyMs <= 0) return stepApproval(services, task);
  // Set for an earlier move: the present one has a timer of its own; or early by its clock.
  if (earlyMs < 1000) await services.queues.sendTimer(message, 1);
};

const endRunOnTime = async (
  services: Services,
  message: Extract<TimerMessage, { kind: 'run-deadline' }>,
): Promise<void> => {
  const item = await services.table.get(keys.run(message.tenant, message.runId), { consistent: true });
  const run = item === undefined ? undefined : Run.parse(item);
  if (run !== undefined && isLive(run)) await endRunInTime(services, run);
};

/** Places a task whose backoff is over. */
export const placeDue = async (services: Services, task: Task): Promise<void> => {
  if (task.status === 'PENDING' && (task.runAt ?? Infinity) <= services.clock.now())
    await placeStoredTask(services, task);
};

/**
 * What a timer asks for, checked against the state as it is now: a timer that fires twice, early, late or for nothing is
 * harmless. One that fires early by its clock is set again.
 */
export const handleTimer = async (services: Services, message: TimerMessage): Promise<void> => {
  switch (message.kind) {
    case 'reconnect-grace':
      return endGrace(services, message);
    case 'breaker':
      return fillAgent(services, message.tenant, message.agentId);
    case 'ack':
      return endAck(services, message);
    case 'attempt':
      return endAttemptInTime(services, message);
    case 'due': {
      const task = await readLive(services, message.tenant, message.taskId);
      // Set for an earlier wait: the present one has a timer of its own.
      if (task === undefined || task.rev !== message.rev) return;
      return placeDue(services, { ...task, runAt: Math.min(task.runAt ?? Infinity, services.clock.now()) });
    }
    case 'chain':
      return moveInTime(services, message);
    case 'deadline':
      return endInTime(services, message);
    case 'run-deadline':
      return endRunOnTime(services, message);
  }
};
