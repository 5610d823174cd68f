import { setTimers } from '../assignment/set-timers.ts';
import type { Services } from '../services.ts';
import { endHeldTask } from '../tasks/end-held-task.ts';
import { endByPlatform } from '../tasks/end-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { moveChain } from '../tasks/task-writes.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { nextInChain } from './chain.ts';
import { goesOnBy } from './goes-on-by.ts';

/** How long people had, by the chain's last turn or the task's own deadline, and who was asked where it was in turn. */
const waitedFor = ({ chain, createdAt, startedAt = createdAt, deadlineAt }: Task): string => {
  const endedAt = Math.min(chain?.nextAt ?? Infinity, deadlineAt);
  const within = `Nobody answered within ${Math.round((endedAt - startedAt) / 1000)} s.`;
  const asked = (chain?.history ?? []).filter(({ what }) => what === 'asked').map(({ contact }) => contact);
  return asked.length === 0 ? within : `${within} Asked in turn: ${asked.join(', ')}.`;
};

/** Nobody answered. That is no denial, and says so. */
const expired = (task: Task) => ({ code: 'EXPIRED', message: waitedFor(task), retryable: false });

/**
 * Ends an approval that nobody answered: by the decision that its chain has for that, marked as nobody's, or as expired.
 * A default by which the work does not go on is still no denial: TIMED_OUT with EXPIRED.
 */
export const expireApproval = async (services: Services, task: Task): Promise<void> => {
  const decision = task.approval?.chain?.defaultDecision;
  if (decision === undefined) {
    await endByPlatform(services, task, { status: 'TIMED_OUT', error: expired(task) });
    return;
  }
  const output = { decision, by: 'default', isDefault: true, at: services.clock.now() };
  await (goesOnBy(task, decision)
    ? endHeldTask(services, task, { status: 'SUCCEEDED', output })
    : endHeldTask(services, task, { status: 'TIMED_OUT', output, error: expired(task) }));
};

/**
 * Moves an approval's chain whose time has come: a reminder, the next contact, or its end. What is to be told goes onto the
 * bus by the stream. Repeatable; nothing happens to one that has changed since it was read, or whose time has not come.
 */
export const stepApproval = async (services: Services, task: Task): Promise<void> => {
  const { chain, approval } = task;
  const nowMs = services.clock.now();
  if (chain === undefined || approval?.chain === undefined || chain.nextAt > nowMs) return;
  const next = nextInChain(approval.chain, chain, nowMs);
  if (next === undefined) return expireApproval(services, task);
  const written = await services.table.update(moveChain(task, next));
  const moved = written.won ? readTask(written.item) : undefined;
  if (moved?.kind !== 'task') return;
  const { contact, what } = next;
  await Promise.all([
    setTimers(services, moved.task),
    tellOfTask(services, moved.task, 'approval.moved', { contact, what }),
  ]);
};
