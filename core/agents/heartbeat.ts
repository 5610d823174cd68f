import { deliverAssignment } from '../assignment/deliver.ts';
import { releaseAndFill } from '../assignment/fill-agent.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { StaleConnectionError } from '../identity/connection.ts';
import type { Services } from '../services.ts';
import type { Speaker } from '../tasks/complete-task.ts';
import { giveBackTask } from '../tasks/give-back-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { markStopped } from '../tasks/task-notes.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { type SlotEntry, Slots } from './agent.ts';
import { type Claim, heartbeatSlots, markRedelivered } from './slots.ts';

type Heartbeat = ClientFrame<'agent.heartbeat'>;

const claimOf = (slots: Slots, taskId: TaskId, entry: SlotEntry): Claim => ({
  tenant: slots.tenant,
  agentId: slots.agentId,
  taskId,
  claim: entry.claim,
  cost: entry.cost,
});

const heldTask = async (
  services: Services,
  slots: Slots,
  taskId: TaskId,
  entry: SlotEntry,
): Promise<Task | undefined> => {
  const found = readTask(await services.table.get(keys.task(slots.tenant, taskId), { consistent: true }));
  return found.kind === 'task' && found.task.status === 'ASSIGNED' && found.task.claim === entry.claim
    ? found.task
    : undefined;
};

/**
 * A claim that the agent did not list. Young: the assignment may have crossed the heartbeat. Older: delivered again, same
 * attempt. Missing from the next one too: it goes elsewhere. Taken away before: the agent has let go.
 */
const settleMissing = async (services: Services, slots: Slots, taskId: TaskId, entry: SlotEntry): Promise<void> => {
  const nowMs = services.clock.now();
  if (entry.revokedAt !== undefined) return releaseAndFill(services, claimOf(slots, taskId, entry));
  if (nowMs - entry.at < timings.assignmentSettleMs) return;
  const task = await heldTask(services, slots, taskId, entry);
  // Not assigned under this claim: orphaned, or about to be released by whoever ended it. The sweep fences and frees.
  if (task === undefined) return;
  if (entry.redeliveredAt === undefined) {
    await services.table.update(markRedelivered(claimOf(slots, taskId, entry), nowMs));
    return deliverAssignment(services, task, slots);
  }
  if (nowMs - entry.redeliveredAt < timings.assignmentSettleMs) return;
  const error = { code: 'AGENT_DEAF', message: 'The agent lives but did not take the task up.', retryable: true };
  await giveBackTask(services, task, { error, slot: 'free', avoidAgent: true, delayMs: 0 });
};

/** A task that the agent lists and does not hold: told once per heartbeat. */
const tellLost = async (
  services: Services,
  slots: Slots,
  heartbeat: Heartbeat,
  connectionId: string,
): Promise<void> => {
  for (const { taskId, attempt } of heartbeat.tasks) {
    const id = TaskId.safeParse(taskId);
    if (!id.success) continue;
    const entry = slots.assigned[id.data];
    if (entry?.attempt === attempt && entry.revokedAt === undefined) continue;
    await pushFrame(services, connectionId, 'lease.lost', { taskId: id.data, attempt });
  }
};

/**
 * Proof of life: one write. Whatever the agent lists beside what it holds is settled from the same item.
 * @throws StaleConnectionError when the agent lives over another connection.
 */
export const heartbeat = async (
  services: Services,
  speaker: Speaker,
  connectionId: string,
  said: Heartbeat,
): Promise<void> => {
  const written = await services.table.update(
    heartbeatSlots(speaker, connectionId, services.clock.now(), said.metrics),
  );
  if (!written.won) throw new StaleConnectionError();
  const slots = Slots.parse(written.item);
  const listed = new Map(said.tasks.map(({ taskId, attempt }) => [taskId, attempt]));
  const missing = Object.entries(slots.assigned).filter(([taskId, entry]) => listed.get(taskId) !== entry.attempt);
  await Promise.all([
    ...missing.map(([taskId, entry]) => settleMissing(services, slots, TaskId.parse(taskId), entry)),
    tellLost(services, slots, said, connectionId),
  ]);
};

/** The agent has stopped what was taken from it: its slot is free. A slot that was not taken away stays. */
export const released = async (
  services: Services,
  speaker: Speaker,
  { taskId, attempt }: ClientFrame<'task.released'>,
): Promise<void> => {
  const item = await services.table.get(keys.slots(speaker.tenant, speaker.agentId), { consistent: true });
  const slots = Slots.parse(item);
  const entry = slots.assigned[taskId];
  if (entry?.attempt !== attempt || entry.revokedAt === undefined) return;
  await Promise.all([
    services.table.update(markStopped({ tenant: speaker.tenant, taskId }, attempt)),
    releaseAndFill(services, claimOf(slots, taskId, entry)),
  ]);
};
