import type { AgentId, TaskId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import type { SubmitRequest } from '../tasks/submit-task.ts';
import { readTask } from '../tasks/task.ts';

/** Who asks agents or people for something, as its connection or credential proves. */
export interface Asker extends Pick<SubmitRequest, 'principal' | 'idempotencyKey' | 'connectionId' | 'traceparent'> {
  /** The agent that speaks, where it is one. */
  readonly agentId?: AgentId | undefined;
}

/** Who asked, as whoever is asked is told. Written by the platform. */
export const askedBy = ({ principal, agentId }: Asker): Json => ({
  principal: principal.id,
  ...(agentId === undefined ? {} : { agentId }),
});

/**
 * The task that a request is about, if it is still open: then the request is its child, and it may wait for the answer.
 * @throws NotFoundError for none of this tenant's.
 */
export const openParent = async (
  services: Services,
  { tenant }: Principal,
  taskId: TaskId | undefined,
): Promise<TaskId | undefined> => {
  if (taskId === undefined) return undefined;
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  return isTerminal(found.task.status) ? undefined : taskId;
};
