import * as z from 'zod';
import { eventTypes } from '../contract/event-types.ts';
import { endTaskOfRun } from '../runs/child-run.ts';
import { publishRunEnd } from '../runs/end-run.ts';
import { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { afterDecision } from '../stages/decide-stage.ts';
import { joinStage } from '../stages/join-stage.ts';
import { Stage } from '../stages/stage.ts';
import type { Item } from '../table/table.ts';
import { Task } from '../tasks/task.ts';
import { wakeParent } from '../tasks/wake-parent.ts';

const relayTask = async (services: Services, task: Task): Promise<void> => {
  const effects = task.effects?.split(',') ?? [];
  if (task.endedAt === undefined)
    return task.waitingFor === undefined ? undefined : wakeParent(services, task.tenant, task.taskId);
  if (effects.includes('join') && task.place !== undefined) await joinStage(services, task, task.place);
  if (effects.includes('wake') && task.parentTask !== undefined)
    await wakeParent(services, task.tenant, task.parentTask);
  if (!effects.includes('event')) return;
  const { tenant, taskId, type, status, output, error, usage, agentId, endedAt } = task;
  await services.events.publish({
    detailType: eventTypes.taskCompleted,
    detail: { tenant, taskId, type, status, output, error, usage, agentId, endedAt },
  });
};

const relayRun = async (services: Services, run: Run): Promise<void> => {
  if (run.endedAt === undefined) return;
  await endTaskOfRun(services, run);
  await publishRunEnd(services, run);
};

/**
 * Brings about the durable effects that an item names, at least once: whatever the function that made the decision did
 * before it died, this does again. An item that names none, or has been dealt with, costs nothing.
 */
export const relayItem = async (services: Services, item: Item): Promise<void> => {
  const { sk } = z.looseObject({ sk: z.string() }).parse(item);
  if (sk === 'TASK') return relayTask(services, Task.parse(item));
  if (sk === 'RUN') return relayRun(services, Run.parse(item));
  if (sk.startsWith('STAGE#')) {
    const stage = Stage.parse(item);
    if (stage.status === 'DECIDED' && item['outbox'] === 'token') await afterDecision(services, stage);
  }
};
