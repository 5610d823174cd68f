import { escalationType } from '../contract/escalation.ts';
import type { TaskId, TenantId } from '../contract/ids.ts';
import type { TaskView } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { listApprovals } from '../tasks/list-approvals.ts';
import { readTaskView } from '../tasks/task-view.ts';

/** A tenant's escalations, newest first. They lie among the approvals: a page may be short, or empty, and have a cursor. */
export const listEscalations = async (
  services: Services,
  tenant: TenantId,
  query: Parameters<typeof listApprovals>[2],
): Promise<{ items: readonly TaskView[]; nextCursor?: string }> => {
  const { items, ...rest } = await listApprovals(services, tenant, query);
  return { items: items.filter(({ type }) => type === escalationType), ...rest };
};

/** One escalation with its answer, and answers that came too late. @throws NotFoundError for what is none of this tenant's. */
export const readEscalation = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<TaskView> => {
  const view = await readTaskView(services, tenant, taskId);
  if (view.kind !== 'approval' || view.type !== escalationType) throw new NotFoundError('escalation', taskId);
  return view;
};
