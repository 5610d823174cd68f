import { placeNewTask } from '../assignment/place-task.ts';
import { hashUuid } from '../common/hash-id.ts';
import { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal, type StoredApprovalTerms, TaskSubmission } from '../contract/task.ts';
import { AppError } from '../errors/app-error.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { type Principal, requireScope } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { newTask } from './new-task.ts';
import { readTask, type Task } from './task.ts';
import { markRetried } from './task-notes.ts';

/** A task that has not ended cannot be done again. */
export class NotEndedError extends AppError {
  override readonly name = 'NotEndedError';
  constructor(taskId: string, status: string) {
    super('CONFLICT', `${taskId} is ${status}; only a task that has ended can be done again. Cancel it first.`);
  }
}

/** Who runs which ended task again; one key is one new task. `runAt` is epoch milliseconds. */
export interface RetryRequest {
  readonly principal: Principal;
  readonly taskId: TaskId;
  readonly idempotencyKey: string;
  readonly runAt?: number | undefined;
}

/** Whom it asks, as it said so: a policy is looked up anew. */
const termsOf = ({ chain, policy, ...terms }: StoredApprovalTerms): StoredApprovalTerms => ({
  ...terms,
  ...(policy === undefined ? { chain } : { policy }),
});

/** What the task was submitted as. Its input may be a claim check by now, which is as good. */
const submissionOf = (task: Task, runAt: number | undefined): TaskSubmission => {
  const { kind, type, description, input, context, constraints, outputFormat, complexity, priority, requirements } =
    task;
  const { strategy, slotCost, estimatedDurationMs, ackTimeoutMs, retry, publishEvent, metadata, timeoutMs, secrets } =
    task;
  const { attemptTimeoutSeconds } = task;
  const timeoutSeconds = Math.ceil(timeoutMs / 1000);
  const required = task.submittedRequirements ?? requirements;
  return TaskSubmission.parse({
    kind,
    type,
    description,
    input,
    context,
    constraints,
    outputFormat,
    complexity,
    priority,
    requirements: required,
    strategy,
    slotCost,
    estimatedDurationMs,
    ackTimeoutMs,
    attemptTimeoutSeconds,
    approval: task.approval === undefined ? undefined : termsOf(task.approval),
    retry,
    publishEvent,
    metadata,
    secrets,
    timeoutSeconds,
    runAt,
  });
};

/**
 * Does a task that has ended once more, as a new task that names it (`retryOf`); the old one stays as it ended and names
 * the new one. The same key again is the same new task.
 *
 * @throws NotFoundError; NotEndedError while it has not ended; InvalidFieldError for a run's task, which only its run can
 * do again.
 */
export const retryTask = async (
  services: Services,
  { principal, taskId, idempotencyKey, runAt }: RetryRequest,
): Promise<Task> => {
  const { tenant } = principal;
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  const { task } = found;
  if (!isTerminal(task.status)) throw new NotEndedError(taskId, task.status);
  if (task.secrets !== undefined) requireScope(principal, 'secrets:use');
  if (task.place !== undefined)
    throw new InvalidFieldError('taskId', `${taskId} belongs to the run ${task.place.runId}; start the run again.`);
  const fresh = await newTask(services, {
    tenant,
    taskId: TaskId.parse(`tsk_${hashUuid('retry', tenant, taskId, idempotencyKey)}`),
    submission: submissionOf(task, runAt),
    submitter: { principal: principal.id },
    retryOf: taskId,
    depth: task.depth,
    traceparent: task.traceparent,
  });
  const placed = await placeNewTask(services, fresh);
  const created = placed.kind === 'elsewhere' ? placed.found : placed.task;
  if (created === undefined) throw new ConflictError(`Task ${fresh.taskId}`);
  await services.table.update(markRetried(task, created.taskId));
  return created;
};
