import type { TenantId } from '../contract/ids.ts';
import { indexKeys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { ErrorStats } from '../contract/system.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { readTask, type Task } from '../tasks/task.ts';

const pageSize = 100;

const newestDead = async (
  services: Services,
  tenant: TenantId,
): Promise<{ tasks: readonly Task[]; isComplete: boolean }> => {
  const tasks: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await readIndexPage(services.table, {
      partition: indexKeys.deadOf(tenant),
      index: 'backlog',
      descending: true,
      limit: pageSize,
      cursor,
    });
    tasks.push(
      ...page.items.flatMap((item) => {
        const found = readTask(item);
        return found.kind === 'task' ? [found.task] : [];
      }),
    );
    cursor = page.cursor;
  } while (cursor !== undefined && tasks.length < limits.countedErrors);
  return { tasks, isComplete: cursor === undefined };
};

const countBy = (tasks: readonly Task[], nameOf: (task: Task) => string | undefined): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const task of tasks) {
    const name = nameOf(task);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([, one], [, other]) => other - one));
};

/** What went wrong, by error code, type of task and agent, over the newest thousand dead letters. */
export const errorStats = async (services: Services, tenant: TenantId): Promise<ErrorStats> => {
  const { tasks, isComplete } = await newestDead(services, tenant);
  const since = tasks.at(-1)?.endedAt;
  return {
    total: tasks.length,
    isComplete,
    ...(since === undefined ? {} : { since }),
    byCode: countBy(tasks, ({ error }) => error?.code),
    byType: countBy(tasks, ({ type }) => type),
    byAgent: countBy(tasks, ({ agentName, agentId }) => agentName ?? agentId),
  };
};
