import { releaseAndFill } from '../assignment/fill-agent.ts';
import type { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { Services } from '../services.ts';
import { readTask } from '../tasks/task.ts';
import { fenceTask, voidTask } from '../tasks/task-writes.ts';
import type { SlotEntry, Slots } from './agent.ts';

/** A mark outlives whatever could still write the task it stands for. */
const voidSeconds = limits.maxTaskTimeoutSeconds;

/**
 * Frees a claim that no task is assigned under. First the fence: the task's `rev` moves (or a mark is left where there is
 * no task), so a dispatcher that claimed, and was slow, can no longer assign under this claim; only then the slot.
 *
 * ```
 * dispatcher  claim x ────────────────────────── assign t (rev 4) ✘ rev is 5
 * sweep                 fence t: rev 4 → 5 ── release x ✔
 * ```
 *
 * Returns whether the claim was freed.
 */
export const freeOrphan = async (
  services: Services,
  slots: Slots,
  taskId: TaskId,
  entry: SlotEntry,
): Promise<boolean> => {
  const { tenant, agentId } = slots;
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  const expiresAtEpochSeconds = Math.ceil(services.clock.now() / 1000) + voidSeconds;
  const fenced =
    found.kind === 'task'
      ? await services.table.update(fenceTask(found.task, entry.claim))
      : await services.table.put(
          voidTask({ tenant, taskId }, found.kind === 'void' ? found.rev : 0, expiresAtEpochSeconds),
        );
  if (!fenced.won) return false;
  await releaseAndFill(services, { tenant, agentId, taskId, claim: entry.claim, cost: entry.cost });
  return true;
};
