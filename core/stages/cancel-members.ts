import type { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { StageCancelMessage } from '../contract/messages.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { isTerminal } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { endByPlatform } from '../tasks/end-task.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { voidTask } from '../tasks/task-writes.ts';
import { closeMarker, readMarkers, type StageRef } from './markers.ts';

/** Members ended at a time. */
const atOnce = 20;

/**
 * A member's task, or `undefined` when there is none and none will be: a mark in its place, which is newer than any that
 * its creator may have seen, keeps it from coming to be.
 *
 * ```
 * cancel                      no task ── mark ✔ ── close marker
 * creator   stage is open ──────────────────────── put task if there is nothing ✘ → stage is decided: done
 * ```
 */
const readOrPrevent = async (services: Services, ref: StageRef, taskId: TaskId): Promise<Task | undefined> => {
  const expiresAtEpochSeconds = forgottenAfter(services.clock.now(), services.retention.ended);
  for (;;) {
    const found = readTask(await services.table.get(keys.task(ref.tenant, taskId), { consistent: true }));
    if (found.kind === 'task') return found.task;
    const rev = found.kind === 'void' ? found.rev : 0;
    const mark = voidTask({ tenant: ref.tenant, taskId }, rev, expiresAtEpochSeconds);
    if ((await services.table.put(mark)).won) return undefined;
  }
};

/** Ends one member of a stage that is over, also one that is just being made, and closes its marker. Repeatable. */
export const cancelMember = async (services: Services, ref: StageRef, index: number, reason: string): Promise<void> => {
  const taskId = memberTaskId(ref.tenant, ref.runId, ref.position, index);
  const task = await readOrPrevent(services, ref, taskId);
  if (task === undefined || isTerminal(task.status)) {
    await closeMarker(services, ref, index, task?.status ?? 'CANCELLED');
    return;
  }
  await endByPlatform(services, task, {
    status: 'CANCELLED',
    error: { code: 'CANCELLED', message: reason, retryable: false },
  });
};

/** What is left of a stage after some of its members were ended. */
interface Remainder {
  readonly open: number;
  /** Whether there were more than were to be ended. */
  readonly isPartial: boolean;
}

/**
 * Ends the members of a stage that are still open, at most so many. Repeatable: what changed meanwhile is met again by the
 * next read.
 */
export const cancelMembers = async (
  services: Services,
  message: Pick<StageCancelMessage, 'tenant' | 'runId' | 'stage' | 'reason'>,
  most = Number.POSITIVE_INFINITY,
): Promise<Remainder> => {
  const ref: StageRef = { tenant: message.tenant, runId: message.runId, position: message.stage };
  const { open } = await readMarkers(services, ref);
  const ended = open.slice(0, most);
  for (let start = 0; start < ended.length; start += atOnce) {
    await Promise.all(
      ended.slice(start, start + atOnce).map(({ index }) => cancelMember(services, ref, index, message.reason)),
    );
  }
  return { open: (await readMarkers(services, ref)).open.length, isPartial: ended.length < open.length };
};
