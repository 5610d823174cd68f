import * as z from 'zod';
import type { TaskId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { ConflictError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { afterEnd, claimOfTask, forgottenAt, takeFromAgent } from './end-task.ts';
import { AlreadyTerminalError } from './errors.ts';
import { readTask, type Task } from './task.ts';
import { finishByPlatform } from './task-writes.ts';

const LateResult = z.looseObject({ attempt: z.int(), agentId: z.string(), output: Json });

/**
 * Takes a result that came too late as the task's own, because an operator says so; whoever works on the task now is told
 * to stop.
 *
 * @throws NotFoundError for an unknown task or late result (a late failure is none), AlreadyTerminalError once the task
 * has ended, ConflictError when it changed at the same moment.
 */
export const acceptLateResult = async (
  services: Services,
  principal: Principal,
  late: { taskId: TaskId; attempt: number },
): Promise<Task> => {
  const { tenant } = principal;
  const { taskId, attempt } = late;
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  const { task } = found;
  const result = LateResult.safeParse(
    await services.table.get(keys.lateResult(tenant, taskId, attempt), { consistent: true }),
  );
  if (!result.success) throw new NotFoundError('late result', `${taskId} attempt ${attempt}`);
  if (isTerminal(task.status)) throw new AlreadyTerminalError(taskId, task.status);
  const nowMs = services.clock.now();
  const { output, agentId } = result.data;
  const written = await services.table.update(
    finishByPlatform(task, {
      status: 'SUCCEEDED',
      fields: { output, acceptedLate: { attempt, agentId, by: principal.id } },
      nowMs,
      expiresAtEpochSeconds: forgottenAt(services),
    }),
  );
  const ended = written.won ? readTask(written.item) : undefined;
  if (ended?.kind !== 'task') throw new ConflictError(`Task ${taskId}`);
  const claim = task.status === 'ASSIGNED' ? claimOfTask(task) : undefined;
  await Promise.all([
    claim === undefined ? undefined : takeFromAgent(services, task, claim, 'An earlier result was accepted.'),
    afterEnd(services, ended.task),
  ]);
  return ended.task;
};
