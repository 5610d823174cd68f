import { keys } from '../contract/keys.ts';
import type { StageCancelMessage } from '../contract/messages.ts';
import { isTerminal } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { endByPlatform } from '../tasks/end-task.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask } from '../tasks/task.ts';
import { closeMarker, readMarkers, type StageRef } from './markers.ts';

/** Members ended at a time. */
const atOnce = 20;

/** Ends one member of a stage, if there is one that is open, and closes its marker. Repeatable. */
export const cancelMember = async (services: Services, ref: StageRef, index: number, reason: string): Promise<void> => {
  const taskId = memberTaskId(ref.tenant, ref.runId, ref.position, index);
  const found = readTask(await services.table.get(keys.task(ref.tenant, taskId), { consistent: true }));
  if (found.kind !== 'task' || isTerminal(found.task.status)) {
    await closeMarker(services, ref, index, found.kind === 'task' && found.task.status === 'SUCCEEDED');
    return;
  }
  await endByPlatform(services, found.task, {
    status: 'CANCELLED',
    error: { code: 'CANCELLED', message: reason, retryable: false },
  });
};

/** Ends every member of a stage that is still open. Repeatable: what changed meanwhile is met again by the next read. */
export const cancelMembers = async (
  services: Services,
  message: Pick<StageCancelMessage, 'tenant' | 'runId' | 'stage' | 'reason'>,
): Promise<number> => {
  const ref: StageRef = { tenant: message.tenant, runId: message.runId, position: message.stage };
  const { open } = await readMarkers(services, ref);
  for (let start = 0; start < open.length; start += atOnce) {
    await Promise.all(
      open.slice(start, start + atOnce).map(({ index }) => cancelMember(services, ref, index, message.reason)),
    );
  }
  return (await readMarkers(services, ref)).open.length;
};
