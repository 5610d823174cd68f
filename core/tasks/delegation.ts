import { forgottenAfter } from '../contract/retention.ts';
import type { Services } from '../services.ts';
import { knownTenant } from '../tenants/tenant-record.ts';
import { DelegationLimitError } from './errors.ts';
import type { Task } from './task.ts';
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
 * Counts a child with its parent before it is there, once however often it is sent. A parent that ends after it was read has
 * the child all the same, as one does that ends after this: the child waits for nobody, and its end wakes nobody.
 *
 * @throws DelegationLimitError when the parent has as many as the tenant's quota.
 */
export const countUnder = async (services: Services, parent: Task, child: Task): Promise<void> => {
  if (!isDelegated(child)) return;
  const limit = (await knownTenant(services, parent.tenant)).quotas.childrenPerTask;
  // Not before the parent is forgotten, which has ended by its deadline.
  const expiresAtEpochSeconds = forgottenAfter(parent.deadlineAt, services.retention.ended);
  const { update, mark } = countChild(parent, child.taskId, { limit, expiresAtEpochSeconds });
  const written = await services.table.update(update);
  if (written.won || written.item?.[mark] !== undefined) return;
  throw new DelegationLimitError(`${limit} to a task`, limit);
};
