import type { ClientFrame } from '../contract/client-frames.ts';
import { NotFoundError } from '../errors/errors.ts';
import { fitPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { set } from '../table/conditions.ts';
import type { Change } from '../table/table.ts';
import { tellOfTask } from '../watch/watchers.ts';
import type { Speaker } from './complete-task.ts';
import { StaleAttemptError } from './errors.ts';
import { readTask, type Task } from './task.ts';
import { noteProgress } from './task-writes.ts';

interface Held {
  readonly taskId: Task['taskId'];
  readonly attempt: number;
}

const note = async (services: Services, speaker: Speaker, held: Held, changes: readonly Change[]): Promise<Task> => {
  const { taskId, attempt } = held;
  const first: Change = { path: ['startedAt'], default: services.clock.now() };
  const written = await services.table.update(
    noteProgress({ tenant: speaker.tenant, taskId }, { agentId: speaker.agentId, attempt }, [first, ...changes]),
  );
  const found = readTask(written.item);
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  if (!written.won) throw new StaleAttemptError(taskId, attempt);
  return found.task;
};

/** The agent says that it has begun. @throws StaleAttemptError when it is not the holder. */
export const acceptTask = async (
  services: Services,
  speaker: Speaker,
  accepted: ClientFrame<'task.accept'>,
): Promise<void> => {
  const task = await note(services, speaker, accepted, [{ path: ['acceptedAt'], default: services.clock.now() }]);
  await tellOfTask(services, task, 'task.started');
};

/**
 * The agent says how far it is. A chunk is shown to watchers and not stored.
 * @throws StaleAttemptError when it is not the holder.
 */
export const progressTask = async (
  services: Services,
  speaker: Speaker,
  progress: ClientFrame<'task.progress'>,
): Promise<void> => {
  const { percent, message, milestone, chunk, workState } = progress;
  const said = Object.fromEntries(
    Object.entries({ percent, message, milestone }).filter(([, value]) => value !== undefined),
  );
  const state =
    workState === undefined
      ? []
      : [set('workState', await fitPayload(services, speaker.tenant, 'workState', workState))];
  const changes = Object.keys(said).length === 0 ? state : [set('progress', said), ...state];
  const task = await note(services, speaker, progress, changes);
  await tellOfTask(services, task, 'task.progress', chunk === undefined ? {} : { chunk });
};
