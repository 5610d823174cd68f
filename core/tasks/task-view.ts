import * as z from 'zod';
import { TakenAnswer } from '../contract/approval-link.ts';
import type { TaskId, TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { TaskView } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import { showHandoff } from '../handoff/show-handoff.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { attemptsOf } from './past-attempts.ts';
import { readTask, type Task } from './task.ts';

const LateResult = z.looseObject({ attempt: z.int(), agentId: z.string(), receivedAt: z.number() });

const LateAnswer = TakenAnswer.transform(({ decision, comment, evidence, by, at }) => ({
  decision,
  ...(comment === undefined ? {} : { comment }),
  ...(evidence === undefined ? {} : { evidence }),
  by,
  at,
}));

/** A task as people see it: nothing of claims, connections or index keys. */
export const taskView = async (
  services: Services,
  task: Task,
  late: readonly z.infer<typeof LateResult>[] = [],
  answers: readonly z.infer<typeof LateAnswer>[] = [],
): Promise<TaskView> => {
  const { taskId, kind, type, description, priority, attempt, retry, requirements, agentId, agentName, place } = task;
  return TaskView.parse({
    taskId,
    kind,
    type,
    description,
    priority,
    attempt,
    requirements,
    agentId,
    agentName,
    maxAttempts: retry.maxAttempts,
    status: task.status === 'ASSIGNED' && task.startedAt !== undefined ? 'RUNNING' : task.status,
    runId: place?.runId,
    step: place?.step,
    childRunId: task.childRunId,
    term: task.term?.number,
    approval: task.approval,
    chain: task.chain,
    lateAnswers: answers.length === 0 ? undefined : answers,
    input: await withReadUrl(services, task.tenant, task.input),
    output: task.output === undefined ? undefined : await withReadUrl(services, task.tenant, task.output),
    error: task.error,
    usage: task.usage,
    confidence: task.confidence,
    evidence: task.evidence,
    progress: task.progress,
    decision: task.decision,
    disposition: task.disposition,
    runAt: task.runAt,
    retryOf: task.retryOf,
    retriedAs: task.retriedAs,
    unrunnable: task.unrunnable,
    handoffs:
      task.handoffs === undefined
        ? undefined
        : await Promise.all(task.handoffs.map((handoff) => showHandoff(services, task.tenant, handoff))),
    attempts: attemptsOf(task),
    lateResults:
      late.length === 0
        ? undefined
        : late.map((result) => ({ attempt: result.attempt, agentId: result.agentId, receivedAt: result.receivedAt })),
    createdAt: task.createdAt,
    deadlineAt: task.deadlineAt,
    assignedAt: task.assignedAt,
    startedAt: task.startedAt,
    endedAt: task.endedAt,
    rev: task.rev,
  });
};

/** One task with its late results. @throws NotFoundError, also for another tenant's. */
export const readTaskView = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<TaskView> => {
  const { items } = await services.table.query({
    partition: keys.task(tenant, taskId).pk,
    limit: 50,
    consistent: true,
  });
  const found = readTask(items.find((item) => item['sk'] === keys.task(tenant, taskId).sk));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  const late = items.flatMap((item) => LateResult.safeParse(item).data ?? []);
  const answers = items.flatMap((item) => LateAnswer.safeParse(item).data ?? []);
  return taskView(services, found.task, late, answers);
};

/** A page of a tenant's tasks. A filter thins the page out: a page may be short, or empty, and have a cursor. */
export interface TaskListQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly status?: TaskView['status'] | undefined;
  readonly type?: string | undefined;
}

/** A tenant's submitted tasks, newest first; a run's tasks are found with the run. Filters apply to each page. */
export const listTaskViews = async (
  services: Services,
  tenant: TenantId,
  query: TaskListQuery,
): Promise<{ items: readonly TaskView[]; nextCursor?: string }> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.listOf(tenant, 'TASKS'),
    index: 'list',
    limit: query.limit,
    descending: true,
    cursor: query.cursor,
  });
  const views = await Promise.all(
    page.items.flatMap((item) => {
      const found = readTask(item);
      return found.kind === 'task' ? [taskView(services, found.task)] : [];
    }),
  );
  const matching = views.filter(
    ({ status, type }) =>
      (query.status === undefined || status === query.status) && (query.type === undefined || type === query.type),
  );
  return { items: matching, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};
