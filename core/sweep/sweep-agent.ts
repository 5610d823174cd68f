import type { SlotEntry, Slots } from '../agents/agent.ts';
import { disconnectAgent } from '../agents/disconnect-agent.ts';
import { freeOrphan } from '../agents/free-orphan.ts';
import { loseAgent } from '../agents/lose-agent.ts';
import { finishRemoval } from '../agents/remove-agent.ts';
import { releaseSlot, retireFromSweep } from '../agents/slots.ts';
import { fillAgent } from '../assignment/fill-agent.ts';
import { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { isTerminal } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { stopIfTenantIs } from '../system/emergency-stop.ts';
import { attemptDeadline, readTask, type Task } from '../tasks/task.ts';
import { endAttempt, endOverdue } from '../timers/handle-timer.ts';

const release = async (services: Services, slots: Slots, taskId: TaskId, entry: SlotEntry): Promise<number> => {
  const { tenant, agentId } = slots;
  const held = { tenant, agentId, taskId, claim: entry.claim, cost: entry.cost };
  return (await services.table.update(releaseSlot(held))).won ? 1 : 0;
};

/** Ended longer ago than any function takes from a task's end to the release: whoever ended it died in between. */
const hasLongEnded = (task: Task, nowMs: number): boolean =>
  isTerminal(task.status) && nowMs - (task.endedAt ?? nowMs) > timings.assignmentSettleMs;

/** A claim whose task was taken away and that the agent never let go. */
const sweepRevoked = async (services: Services, slots: Slots, taskId: TaskId, entry: SlotEntry): Promise<number> => {
  if (services.clock.now() - (entry.revokedAt ?? Infinity) < timings.releaseGraceMs) return 0;
  return release(services, slots, taskId, entry);
};

/** An assignment whose time, or whose attempt's time, is over. */
const sweepHeld = async (services: Services, task: Task): Promise<number> => {
  const nowMs = services.clock.now();
  if (task.deadlineAt <= nowMs) return endOverdue(services, task).then(() => 1);
  return attemptDeadline(task) <= nowMs ? endAttempt(services, task).then(() => 1) : 0;
};

/** A claim that is overdue or orphaned. Returns repairs made. */
const sweepClaim = async (services: Services, slots: Slots, taskId: TaskId, entry: SlotEntry): Promise<number> => {
  if (entry.revokedAt !== undefined) return sweepRevoked(services, slots, taskId, entry);
  const nowMs = services.clock.now();
  const isOld = nowMs - entry.at >= timings.orphanAfterMs;
  if (entry.deadline > nowMs && nowMs - entry.at < timings.assignmentSettleMs) return 0;
  const found = readTask(await services.table.get(keys.task(slots.tenant, taskId), { consistent: true }));
  const isHeld = found.kind === 'task' && found.task.status === 'ASSIGNED' && found.task.claim === entry.claim;
  if (isHeld) return sweepHeld(services, found.task);
  if (found.kind === 'task' && hasLongEnded(found.task, nowMs)) return release(services, slots, taskId, entry);
  return isOld && (await freeOrphan(services, slots, taskId, entry)) ? 1 : 0;
};

/** An agent as the sweep meets it: silent ones lose their tasks, live ones are mended and given what is queued. */
export const sweepAgent = async (services: Services, slots: Slots): Promise<number> => {
  const nowMs = services.clock.now();
  const claims = Object.entries(slots.assigned);
  if (slots.connection === undefined) {
    if (claims.length === 0) return services.table.update(retireFromSweep(slots)).then(() => 0);
    if (nowMs - (slots.disconnectedAt ?? 0) < timings.reconnectGraceMs) return 0;
    return loseAgent(services, slots, 'disconnected').then(() => claims.length);
  }
  if (nowMs - slots.seenAt > timings.silentAfterMs) {
    await loseAgent(services, slots, 'silent');
    // A socket older than API Gateway keeps any is gone, whether or not its end was ever told.
    if (nowMs - slots.seenAt > timings.connectionAgeMs) await disconnectAgent(services, slots, slots.connection);
    return claims.length;
  }
  if ((await stopIfTenantIs(services, slots)) || (await finishRemoval(services, slots))) return 1;
  let repairs = 0;
  for (const [taskId, entry] of claims) repairs += await sweepClaim(services, slots, TaskId.parse(taskId), entry);
  await fillAgent(services, slots.tenant, slots.agentId);
  return repairs;
};
