import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { endTaskOfRun } from '../runs/child-run.ts';
import { keptNote, resultNote } from '../runs/notes.ts';
import { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { afterDecision } from '../stages/decide-stage.ts';
import { joinStageAgain } from '../stages/join-stage.ts';
import { readStage, Stage } from '../stages/stage.ts';
import type { Item } from '../table/table.ts';
import { Task } from '../tasks/task.ts';
import { wakeParent } from '../tasks/wake-parent.ts';
import { type LifecycleEvent, publishEvent } from './lifecycle-event.ts';
import { eventsOfRun, eventsOfStage } from './run-events.ts';
import { eventsOfTask } from './task-events.ts';

const publishAll = async (services: Services, events: readonly LifecycleEvent[]): Promise<void> => {
  await Promise.all(events.map((event) => publishEvent(services, event)));
};

/** By the tasks queue: what follows may ask others in turn. */
const haveSettled = (services: Services, tenant: TenantId, what: string): Promise<void> =>
  services.queues.sendTasks(tenant, [{ kind: 'settle', tenant, what }]);

const relayTask = async (services: Services, task: Task, old: Item | undefined): Promise<void> => {
  const effects = task.effects?.split(',') ?? [];
  if (task.endedAt === undefined) {
    if (task.waitingFor !== undefined) await wakeParent(services, task.tenant, task.taskId);
  } else {
    if (effects.includes('settle') && task.settles !== undefined)
      await haveSettled(services, task.tenant, task.settles);
    if (effects.includes('join') && task.place !== undefined) await joinStageAgain(services, task, task.place);
    if (effects.includes('wake') && task.parentTask !== undefined)
      await wakeParent(services, task.tenant, task.parentTask);
  }
  await publishAll(services, eventsOfTask(task, old, services.clock.now()));
};

const relayRun = async (services: Services, run: Run, old: Item | undefined): Promise<void> => {
  // What a mode came to: of a consensus the decision, of a run that failed what there is.
  const hasResult = run.status === 'FAILED' || (run.mode === 'consensus' && run.status === 'SUCCEEDED');
  const result = hasResult ? await keptNote(services, run, resultNote) : undefined;
  if (run.endedAt !== undefined) {
    await endTaskOfRun(services, run);
    if (run.startedBy?.kind === 'value') await haveSettled(services, run.tenant, `value:${run.startedBy.name}`);
  }
  await publishAll(services, eventsOfRun(run, old, { nowMs: services.clock.now(), result }));
};

/** Looks first: whoever decided the stage has usually done all that follows by the time the stream tells of it. */
const finishDecision = async (services: Services, { tenant, runId, position }: Stage): Promise<void> => {
  const stage = await readStage(services, tenant, runId, position);
  if (stage?.status === 'DECIDED' && stage['outbox'] === 'token') await afterDecision(services, stage);
};

/**
 * Brings about the durable effects that a write names, at least once: whatever the function that made the decision did
 * before it died, this does again. `old` is the item before that write; without it all that the item shows is told. An
 * item that names no effects, or has been dealt with, costs nothing.
 */
export const relayItem = async (services: Services, item: Item, old?: Item): Promise<void> => {
  const { sk } = z.looseObject({ sk: z.string() }).parse(item);
  if (sk === 'TASK') return relayTask(services, Task.parse(item), old);
  if (sk === 'RUN') return relayRun(services, Run.parse(item), old);
  if (!sk.startsWith('STAGE#') || item['outbox'] === undefined) return;
  const stage = Stage.parse(item);
  if (stage.status === 'DECIDED' && item['outbox'] === 'token') await finishDecision(services, stage);
  await publishAll(services, eventsOfStage(stage, old, services.clock.now()));
};
