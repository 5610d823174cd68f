import type { ClientFrame } from '../contract/client-frames.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { NotFoundError, PayloadTooLargeError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import type { Speaker } from '../tasks/complete-task.ts';
import { StaleAttemptError } from '../tasks/errors.ts';
import { readTask } from '../tasks/task.ts';

/**
 * The value of a secret, for the agent that holds the task now, and only if the task names it. It is read when it is asked
 * for, given in one answer, and kept nowhere; that it was given is logged, without it.
 *
 * @throws NotFoundError for an unknown task, a secret that the task does not name and one that is not kept, which are not
 * told apart; StaleAttemptError for anybody but the present holder; PayloadTooLargeError for one that no frame holds.
 */
export const releaseSecret = async (
  services: Services,
  speaker: Speaker,
  { taskId, attempt, name }: ClientFrame<'secret.get'>,
): Promise<string> => {
  const { tenant, agentId } = speaker;
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  const { task } = found;
  if (task.status !== 'ASSIGNED' || task.agentId !== agentId || task.attempt !== attempt)
    throw new StaleAttemptError(taskId, attempt);
  const reference = task.secrets?.find((secret) => secret.name === name);
  const value =
    reference === undefined
      ? undefined
      : await services.vault.read(tenant, { from: reference.from, id: reference.id ?? reference.name });
  if (value === undefined) throw new NotFoundError('secret', name);
  const bytes = Buffer.byteLength(value);
  if (bytes > limits.inlinePayloadBytes)
    throw new PayloadTooLargeError('name', bytes, limits.inlinePayloadBytes, `The secret ${name}`);
  services.log.info('secret released', { tenant, taskId, attempt, agentId, name, from: reference?.from });
  return value;
};
