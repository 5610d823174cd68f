import type { Outcome } from '../agents/history.ts';
import { readSlots } from '../agents/read-agent.ts';
import { type Claim, revokeClaim } from '../agents/slots.ts';
import { releaseAndFill } from '../assignment/fill-agent.ts';
import { forgottenAfter } from '../contract/retention.ts';
import type { TaskError } from '../contract/task.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { joinStage } from '../stages/join-stage.ts';
import { traceTask } from '../trace/task-spans.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { readTask, type Task } from './task.ts';
import { type Ending, finishByPlatform } from './task-writes.ts';
import { wakeParent } from './wake-parent.ts';

/** When what has ended now may be forgotten. */
export const forgottenAt = ({ clock, retention }: Services): number => forgottenAfter(clock.now(), retention.ended);

/** The claim that a task's current assignment holds. */
export const claimOfTask = (task: Task): Claim | undefined =>
  task.claim === undefined || task.agentId === undefined
    ? undefined
    : { tenant: task.tenant, agentId: task.agentId, taskId: task.taskId, claim: task.claim, cost: task.slotCost };

const tellSubmitter = async (services: Services, task: Task): Promise<void> => {
  const { connectionId, envelopeId } = task.submitter;
  if (connectionId === undefined) return;
  const { traceparent } = task;
  await pushFrame(services, { connectionId, correlationId: envelopeId, traceparent }, 'task.completed', {
    taskId: task.taskId,
    status: task.status,
    attempt: task.attempt,
    ...(task.output === undefined ? {} : { output: await withReadUrl(services, task.tenant, task.output) }),
    ...(task.error === undefined ? {} : { error: task.error }),
    ...(task.usage === undefined ? {} : { usage: task.usage }),
  });
};

/**
 * Everything that follows from a task's end, each part repeatable: its stage and its parent learn of it (and the
 * stream repeats that after a crash), the submitter and the watchers are told once.
 */
export const afterEnd = async (services: Services, task: Task): Promise<void> => {
  traceTask(services, task);
  await Promise.all([
    task.place === undefined ? undefined : joinStage(services, task, task.place),
    task.parentTask === undefined ? undefined : wakeParent(services, task.tenant, task.parentTask),
    tellSubmitter(services, task),
    tellOfTask(services, task, 'task.completed'),
  ]);
};

/** What the platform observed of the attempt that ended. */
export const outcomeOf = (task: Task, succeeded: boolean, nowMs: number): Outcome => ({
  type: task.type,
  succeeded,
  workMs: nowMs - (task.startedAt ?? task.assignedAt ?? nowMs),
  ...(task.startedAt === undefined || task.assignedAt === undefined
    ? {}
    : { answerMs: task.startedAt - task.assignedAt }),
  ...(task.usage?.costUsd === undefined ? {} : { costUsd: task.usage.costUsd }),
});

/**
 * Takes a claim from an agent that lives: it is told to stop, and keeps the slot until it lets go (`task.released`, a
 * heartbeat without the task, or 60 s). An agent without a connection loses the slot at once.
 */
export const takeFromAgent = async (services: Services, task: Task, claim: Claim, reason: string): Promise<void> => {
  const slots = await readSlots(services, claim.tenant, claim.agentId);
  if (slots?.connection === undefined) return releaseAndFill(services, claim);
  await services.table.update(revokeClaim(claim, services.clock.now()));
  await pushFrame(services, slots.connection, 'task.cancel', { taskId: task.taskId, attempt: task.attempt, reason });
};

/** The run that did a task is stopped by the tasks queue; the sweep finds one whose message was lost. */
const stopItsRun = async (services: Services, { tenant, taskId, waitingOn }: Task): Promise<void> => {
  if (waitingOn === 'run') await services.queues.sendTasks(tenant, [{ kind: 'follow', tenant, taskId }]);
};

/** Why the platform ends a task. */
export interface PlatformEnding {
  readonly status: 'CANCELLED' | 'TIMED_OUT' | 'FAILED' | 'SKIPPED';
  readonly error: TaskError;
  /** Of a task that is handed over no further: who did so, to the last. */
  readonly handoffs?: Task['handoffs'];
}

/**
 * Ends a task as it was read: nothing happens when it has changed since, or has ended. Whoever had it is told to stop
 * and lets go of its slot, unless the slot is `free` already (the agent is gone, or gave the task up itself).
 * Returns the task as it ended, or `undefined`.
 */
export const endByPlatform = async (
  services: Services,
  task: Task,
  end: PlatformEnding,
  slot: 'free' | 'let_go' = 'let_go',
): Promise<Task | undefined> => {
  const nowMs = services.clock.now();
  const ending: Ending = {
    status: end.status,
    fields: {
      error: end.error,
      handoffs: end.handoffs,
      disposition: task.status === 'ASSIGNED' ? 'in_flight' : 'never_started',
    },
    nowMs,
    expiresAtEpochSeconds: forgottenAt(services),
    isDeadLetter: task.place === undefined && (end.status === 'FAILED' || end.status === 'TIMED_OUT'),
  };
  const written = await services.table.update(finishByPlatform(task, ending));
  const ended = written.won ? readTask(written.item) : undefined;
  if (ended?.kind !== 'task') return undefined;
  const claim = task.status === 'ASSIGNED' ? claimOfTask(task) : undefined;
  const giveSlotBack = (held: Claim): Promise<void> =>
    slot === 'free'
      ? releaseAndFill(services, held, outcomeOf(task, false, nowMs))
      : takeFromAgent(services, task, held, end.error.message);
  await Promise.all([
    claim === undefined ? undefined : giveSlotBack(claim),
    afterEnd(services, ended.task),
    stopItsRun(services, ended.task),
  ]);
  return ended.task;
};
