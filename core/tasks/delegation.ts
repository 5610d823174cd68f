import { isTerminal } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { knownTenant } from '../tenants/tenant-record.ts';
import { AlreadyTerminalError, DelegationLimitError } from './errors.ts';
import { readTask, type Task } from './task.ts';
import { countChild } from './task-notes.ts';

/** Whether agents work on it: what people are asked submits nothing in its turn, and is never one too many. */
const isDelegated = ({ kind }: Pick<Task, 'kind'>): boolean => kind !== 'approval';

/**
 * How deep a task under this one is. A task that nobody's work submitted is at 0, one that an agent submitted under it at 1.
 *
 * @throws DelegationLimitError when it is deeper than the tenant's quota. Agents that delegate to each other without end, one
 * to itself included, end here.
 */
export const depthUnder = async (
  services: Services,
  parent: Task,
  child: Pick<Task, 'kind'>,
): Promise<Required<Pick<Task, 'depth'>>> => {
  const depth = (parent.depth ?? 0) + 1;
  if (isDelegated(child)) {
    const { delegationDepth } = (await knownTenant(services, parent.tenant)).quotas;
    if (depth > delegationDepth) throw new DelegationLimitError(`${delegationDepth} deep`, delegationDepth);
  }
  return { depth };
};

/**
 * Counts a child with its parent before it is there, once however often it is sent.
 *
 * @throws DelegationLimitError when the parent has as many as the tenant's quota; AlreadyTerminalError when it has ended.
 */
export const countUnder = async (services: Services, parent: Task, child: Task): Promise<void> => {
  if (!isDelegated(child)) return;
  const { tenant, taskId } = parent;
  const { childrenPerTask } = (await knownTenant(services, tenant)).quotas;
  const { update, mark } = countChild(parent, child.taskId, childrenPerTask);
  const written = await services.table.update(update);
  if (written.won || written.item?.[mark] !== undefined) return;
  const found = readTask(written.item);
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  if (isTerminal(found.task.status)) throw new AlreadyTerminalError(taskId, found.task.status);
  throw new DelegationLimitError(`${childrenPerTask} to a task`, childrenPerTask);
};
