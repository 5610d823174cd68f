import type { TenantId } from '../contract/ids.ts';
import { indexKeys } from '../contract/keys.ts';
import { isTerminal, type TaskView } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { readTask } from './task.ts';
import { taskView } from './task-view.ts';

/** A tenant's approvals, newest first, those of runs as well. The filter applies to each page. */
export const listApprovals = async (
  services: Services,
  tenant: TenantId,
  query: { readonly cursor?: string | undefined; readonly limit: number; readonly open?: boolean | undefined },
): Promise<{ items: readonly TaskView[]; nextCursor?: string }> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.listOf(tenant, 'APPROVALS'),
    index: 'list',
    limit: query.limit,
    descending: true,
    cursor: query.cursor,
  });
  const tasks = page.items.flatMap((item) => {
    const found = readTask(item);
    return found.kind === 'task' ? [found.task] : [];
  });
  const wanted = tasks.filter(({ status }) => query.open === undefined || query.open !== isTerminal(status));
  const items = await Promise.all(wanted.map((task) => taskView(services, task)));
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};
