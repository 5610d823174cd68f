import { goesOnBy } from '../approvals/goes-on-by.ts';
import { endedUnanswered, howItStands } from '../approvals/how-ended.ts';
import type { ApprovalAnswer } from '../contract/approval-link.ts';
import type { TaskId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { isTerminal } from '../contract/task.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { endHeldTask, type HeldEnding } from './end-held-task.ts';
import { AlreadyTerminalError, ApprovalExpiredError } from './errors.ts';
import { readTask, type Task } from './task.ts';
import { keepLateAnswer } from './task-notes.ts';

/** What an approval comes to; the task's output. */
interface Given extends Record<string, Json> {
  readonly decision: string;
  readonly by: string;
}

const givenBy = ({ id: by }: Principal, { decision, comment, evidence }: ApprovalAnswer, at: number): Given => ({
  decision,
  ...(comment === undefined ? {} : { comment }),
  ...(evidence === undefined ? {} : { evidence }),
  by,
  at,
});

const endingOf = (task: Task, output: Given): HeldEnding => {
  if (goesOnBy(task, output.decision)) return { status: 'SUCCEEDED', output };
  const message = `${output.by} answered "${output.decision}".`;
  return { status: 'FAILED', output, error: { code: 'DENIED', message, retryable: false } };
};

const isSameAnswer = (task: Task, answer: ApprovalAnswer, principal: Principal): boolean => {
  const { output } = task;
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return false;
  return output['decision'] === answer.decision && output['by'] === principal.id;
};

const keepLate = async (
  services: Services,
  { id: by }: Principal,
  task: Task,
  answer: ApprovalAnswer,
): Promise<void> => {
  const at = services.clock.now();
  const expiresAtEpochSeconds = forgottenAfter(at, services.retention.lateResults);
  await services.table.put(keepLateAnswer(task, { ...answer, by, at, expiresAtEpochSeconds }));
  services.log.warn('late answer kept aside', { taskId: task.taskId, by });
};

/**
 * A person answers an approval: the task ends with who answered what and when. The same answer of the same person again
 * is the same answer.
 *
 * @throws NotFoundError for what is no approval of this tenant's, InvalidFieldError for an answer that is no option,
 * AlreadyTerminalError when it was answered otherwise or was cancelled, ApprovalExpiredError when nobody answered it in time;
 * what is answered then is kept aside, visible with the approval.
 */
export const answerApproval = async (
  services: Services,
  principal: Principal,
  taskId: TaskId,
  answer: ApprovalAnswer,
): Promise<Task> => {
  for (let tries = 0; tries < 3; tries++) {
    const found = readTask(await services.table.get(keys.task(principal.tenant, taskId), { consistent: true }));
    if (found.kind !== 'task' || found.task.kind !== 'approval') throw new NotFoundError('approval', taskId);
    const { task } = found;
    const { options = [] } = task.approval ?? {};
    if (!options.includes(answer.decision))
      throw new InvalidFieldError('decision', `"${answer.decision}" is none of ${options.join(', ')}.`);
    if (isTerminal(task.status)) {
      if (isSameAnswer(task, answer, principal)) return task;
      if (!endedUnanswered(task)) throw new AlreadyTerminalError(taskId, task.status);
      await keepLate(services, principal, task, answer);
      throw new ApprovalExpiredError(taskId, howItStands(task).decision);
    }
    const output = givenBy(principal, answer, services.clock.now());
    const ended = await endHeldTask(services, task, endingOf(task, output));
    if (ended !== undefined) return ended;
  }
  throw new ConflictError(`Approval ${taskId}`);
};
