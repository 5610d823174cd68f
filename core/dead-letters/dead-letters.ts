import type { TenantId } from '../contract/ids.ts';
import { indexKeys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { TaskView } from '../contract/task.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { retryTask } from '../tasks/retry-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { taskView } from '../tasks/task-view.ts';

/** Which dead letters: without a filter all of the tenant. */
export interface DeadLetterFilter {
  /** Only tasks of this type. */
  readonly type?: string | undefined;
  /** Only tasks that ended with this error code. */
  readonly code?: string | undefined;
}

interface DeadPage {
  readonly tasks: readonly Task[];
  readonly cursor?: string;
}

const readPage = async (
  services: Services,
  tenant: TenantId,
  query: { cursor?: string | undefined; limit: number },
): Promise<DeadPage> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.deadOf(tenant),
    index: 'backlog',
    limit: query.limit,
    cursor: query.cursor,
  });
  const tasks = page.items.flatMap((item) => {
    const found = readTask(item);
    return found.kind === 'task' && found.task.endedAt !== undefined ? [found.task] : [];
  });
  return {
    tasks: tasks.toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0)),
    ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
  };
};

const matches = ({ type, code }: DeadLetterFilter, task: Task): boolean =>
  (type === undefined || task.type === type) && (code === undefined || task.error?.code === code);

/** Tasks that FAILED or TIMED_OUT and have not been done again, oldest first, each with its reason. Filters apply to each page. */
export const listDeadLetters = async (
  services: Services,
  tenant: TenantId,
  query: DeadLetterFilter & { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: readonly TaskView[]; nextCursor?: string }> => {
  const { tasks, cursor } = await readPage(services, tenant, query);
  const items = await Promise.all(tasks.filter((task) => matches(query, task)).map((task) => taskView(services, task)));
  return { items, ...(cursor === undefined ? {} : { nextCursor: cursor }) };
};

/** Which dead letters run again, and how fast. */
export interface Redrive extends DeadLetterFilter {
  readonly limit: number;
  /** Between the start of one and the next, so that what broke under load is not put under it at once. */
  readonly staggerMs: number;
  readonly idempotencyKey: string;
}

/** What a redrive did. `hasMore`: there may be more that match; redrive again. */
export interface Redriven {
  readonly redriven: readonly { readonly taskId: string; readonly retriedAs: string }[];
  readonly refused: readonly { readonly taskId: string; readonly code: string }[];
  readonly hasMore: boolean;
}

/** Does dead letters again, oldest first, at most `limits.redrive` in one call and one after the other. */
export const redrive = async (services: Services, principal: Principal, request: Redrive): Promise<Redriven> => {
  const redriven: { taskId: string; retriedAs: string }[] = [];
  const refused: { taskId: string; code: string }[] = [];
  const most = Math.min(request.limit, limits.redrive);
  const { tasks, cursor } = await readPage(services, principal.tenant, { limit: limits.redrive });
  const matching = tasks.filter((task) => matches(request, task));
  const nowMs = services.clock.now();
  for (const [position, task] of matching.slice(0, most).entries()) {
    const runAt = nowMs + position * request.staggerMs;
    try {
      const again = await retryTask(services, {
        principal,
        taskId: task.taskId,
        idempotencyKey: request.idempotencyKey,
        runAt,
      });
      redriven.push({ taskId: task.taskId, retriedAs: again.taskId });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ taskId: task.taskId, code: error.code });
    }
  }
  return { redriven, refused, hasMore: matching.length > most || cursor !== undefined };
};
