import { readSlots } from '../agents/read-agent.ts';
import { noteUnhandled } from '../agents/slots.ts';
import { releaseAndFill } from '../assignment/fill-agent.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import { keys } from '../contract/keys.ts';
import type { TaskError } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import { fitPayload } from '../payloads/fit-payload.ts';
import { hasDeclined } from '../routing/candidate.ts';
import { decidingType } from '../routing/wanted.ts';
import type { Services } from '../services.ts';
import { type Speaker, settleLate } from './complete-task.ts';
import { afterEnd, claimOfTask, forgottenAt, outcomeOf } from './end-task.ts';
import { StaleAttemptError } from './errors.ts';
import { backoffMs, type GivingBack, giveBackTask } from './give-back-task.ts';
import { mayRetry } from './may-retry.ts';
import { readTask, type Task } from './task.ts';
import { type Ending, finishByAgent, holderOf } from './task-writes.ts';

const readHeld = async (services: Services, speaker: Speaker, taskId: Task['taskId']): Promise<Task> => {
  const found = readTask(await services.table.get(keys.task(speaker.tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  return found.task;
};

const isHolder = (task: Task, speaker: Speaker, attempt: number): boolean =>
  task.status === 'ASSIGNED' && task.agentId === speaker.agentId && task.attempt === attempt;

const endAsFailed = async (services: Services, speaker: Speaker, task: Task, error: TaskError): Promise<void> => {
  const nowMs = services.clock.now();
  const fields = { error, agentId: speaker.agentId, endedByAgent: true };
  const ending: Ending = {
    status: 'FAILED',
    fields,
    nowMs,
    expiresAtEpochSeconds: forgottenAt(services),
    isDeadLetter: task.place === undefined,
  };
  const { tenant, taskId, attempt } = task;
  const written = await services.table.update(
    finishByAgent({ tenant, taskId }, { agentId: speaker.agentId, attempt }, ending),
  );
  if (!written.won) return settleLate(services, written, { speaker, taskId, attempt, status: 'FAILED', fields });
  const ended = readTask(written.item);
  const claim = claimOfTask(task);
  await Promise.all([
    claim === undefined ? undefined : releaseAndFill(services, claim, outcomeOf(task, false, nowMs)),
    ended.kind === 'task' ? afterEnd(services, ended.task) : undefined,
  ]);
};

/**
 * How an attempt that failed is followed up, by what the agent says of the failure. Nothing said is treated as a crash.
 *
 * | failure | slot | next attempt |
 * |---|---|---|
 * | timeout | free | at once, elsewhere, with the work state |
 * | crash | free | after the backoff, elsewhere |
 * | resource_exhaustion | empty until the agent's next heartbeat | after the backoff, elsewhere |
 * | network_failure | free | after the backoff, the same agent too |
 */
const recoveryOf = (error: TaskError, delayMs: number): Pick<GivingBack, 'slot' | 'avoidAgent' | 'delayMs'> => {
  switch (error.failureType) {
    case 'timeout':
      return { slot: 'free', avoidAgent: true, delayMs: 0 };
    case 'resource_exhaustion':
      return { slot: 'cool_down', avoidAgent: true, delayMs };
    case 'network_failure':
      return { slot: 'free', avoidAgent: false, delayMs };
    default:
      return { slot: 'free', avoidAgent: true, delayMs };
  }
};

/**
 * Takes an agent's own word that an attempt failed: retried elsewhere after a backoff while the error and the policy
 * allow it, else the end. A repeat of the failure that ended the task is acknowledged again.
 *
 * @throws StaleAttemptError, AlreadyTerminalError (also of an attempt that succeeded), NotFoundError as `completeTask`.
 */
export const failTask = async (
  services: Services,
  speaker: Speaker,
  failure: ClientFrame<'task.fail'>,
): Promise<void> => {
  const task = await readHeld(services, speaker, failure.taskId);
  // Said again, or of an attempt that was taken away: there is nothing more to give back.
  if (task[holderOf(failure.attempt)] === speaker.agentId) return;
  if (!isHolder(task, speaker, failure.attempt)) {
    const fields = { error: failure.error };
    return settleLate(
      services,
      { won: false, item: task },
      { speaker, taskId: task.taskId, attempt: failure.attempt, status: 'FAILED', fields },
    );
  }
  if (!mayRetry(task, failure.error)) return endAsFailed(services, speaker, task, failure.error);
  const delayMs = backoffMs(task.retry, task.attempt, services.random.fraction());
  await giveBackTask(services, task, {
    error: failure.error,
    workState:
      failure.workState === undefined
        ? undefined
        : await fitPayload(services, speaker.tenant, 'workState', failure.workState),
    ...recoveryOf(failure.error, delayMs),
  });
};

const noteMismatch = async (services: Services, speaker: Speaker, type: string): Promise<void> => {
  const slots = await readSlots(services, speaker.tenant, speaker.agentId);
  if (slots !== undefined && !hasDeclined({ requirements: { capabilities: [] }, type }, slots))
    await services.table.update(noteUnhandled(slots, type));
};

/** So often a task may meet agents without a handler for it before that counts as trying it. */
const mostMismatches = 20;

/**
 * An agent declines an assignment: it goes elsewhere at once. That is a try that failed, unless the agent has no handler
 * for such tasks: then it is given no more of that type until it registers anew, and the task has not been tried. A pinned
 * task has nobody else to go to. @throws StaleAttemptError when it is not the holder.
 */
export const rejectTask = async (
  services: Services,
  speaker: Speaker,
  rejection: ClientFrame<'task.reject'>,
): Promise<void> => {
  const task = await readHeld(services, speaker, rejection.taskId);
  if (!isHolder(task, speaker, rejection.attempt)) throw new StaleAttemptError(rejection.taskId, rejection.attempt);
  const isMismatch = rejection.code === 'no_handler' && decidingType(task) !== undefined;
  if (isMismatch) await noteMismatch(services, speaker, task.type);
  const error: TaskError = {
    code: isMismatch ? 'NO_HANDLER' : 'REJECTED',
    message: rejection.reason ?? 'The agent declined the task.',
    retryable: true,
  };
  const isUncounted = isMismatch && (task.waits ?? 0) < mostMismatches;
  await giveBackTask(services, task, { error, slot: 'free', avoidAgent: true, delayMs: 0, isUncounted });
};
