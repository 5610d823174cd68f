import { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import { giveBackTask } from '../tasks/give-back-task.ts';
import { readTask } from '../tasks/task.ts';
import type { Slots } from './agent.ts';
import { freeOrphan } from './free-orphan.ts';

/**
 * Everything an agent holds goes elsewhere: it is gone or silent. Each task is taken back by itself, fenced by attempt and
 * claim, so an agent that returns in the middle keeps what it still has. Repeatable.
 */
export const loseAgent = async (services: Services, slots: Slots, reason: 'disconnected' | 'silent'): Promise<void> => {
  for (const [id, entry] of Object.entries(slots.assigned)) {
    const taskId = TaskId.parse(id);
    const found = readTask(await services.table.get(keys.task(slots.tenant, taskId), { consistent: true }));
    if (found.kind === 'task' && found.task.status === 'ASSIGNED' && found.task.claim === entry.claim) {
      const isStopped = slots.stoppedAt !== undefined;
      const error = {
        code: isStopped ? 'AGENT_STOPPED' : 'AGENT_LOST',
        message: `The agent ${slots.name} is ${isStopped ? 'stopped' : reason}.`,
        retryable: true,
      };
      // An operator's doing is no try of the agent's.
      await giveBackTask(services, found.task, {
        error,
        slot: 'free',
        avoidAgent: true,
        delayMs: 0,
        isUncounted: isStopped,
      });
    } else {
      await freeOrphan(services, slots, taskId, entry);
    }
  }
};
