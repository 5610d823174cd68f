import { releaseAndFill } from '../assignment/fill-agent.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import type { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { fitPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { tellOfTask } from '../watch/watchers.ts';
import type { Speaker } from './complete-task.ts';
import { claimOfTask } from './end-task.ts';
import { AlreadyTerminalError, StaleAttemptError } from './errors.ts';
import { readTask, type Task } from './task.ts';
import { holdForChildren } from './task-writes.ts';
import { readChildren, wakeParent } from './wake-parent.ts';

const readHeld = async (services: Services, speaker: Speaker, taskId: TaskId): Promise<Task> => {
  const found = readTask(await services.table.get(keys.task(speaker.tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  return found.task;
};

/**
 * The holder of a task waits for tasks that it submitted under it: its slot is free meanwhile, and the task is assigned
 * again, to whoever is fit then, with its work state and the children's results. Only a task's own children can be waited
 * for, and a child exists after its parent, so no two tasks can wait for each other.
 *
 * @throws InvalidFieldError for a task that is not its child, StaleAttemptError when the agent is not the holder,
 * AlreadyTerminalError when the task has ended.
 */
export const waitForChildren = async (
  services: Services,
  speaker: Speaker,
  wait: ClientFrame<'task.wait'>,
): Promise<void> => {
  const { tenant } = speaker;
  const { taskId, attempt } = wait;
  const task = await readHeld(services, speaker, taskId);
  if (isTerminal(task.status)) throw new AlreadyTerminalError(taskId, task.status);
  if (task.status !== 'ASSIGNED' || task.attempt !== attempt || task.agentId !== speaker.agentId)
    throw new StaleAttemptError(taskId, attempt);
  const children = await readChildren(services, tenant, wait.children);
  const own = new Set(children.filter(({ parentTask }) => parentTask === taskId).map((child) => child.taskId));
  const stranger = wait.children.find((child) => !own.has(child));
  if (stranger !== undefined)
    throw new InvalidFieldError('children', `${stranger} was not submitted with parentTask ${taskId}.`);
  const workState =
    wait.workState === undefined ? undefined : await fitPayload(services, tenant, 'workState', wait.workState);
  const written = await services.table.update(
    holdForChildren(task, { children: wait.children, workState, nowMs: services.clock.now() }),
  );
  if (!written.won) throw new StaleAttemptError(taskId, attempt);
  const claim = claimOfTask(task);
  if (claim !== undefined) await releaseAndFill(services, claim);
  const held = readTask(written.item);
  if (held.kind === 'task') await tellOfTask(services, held.task, 'task.waiting');
  // Written first, then looked: a child that ended in between is seen by one of the two.
  await wakeParent(services, tenant, taskId);
};
