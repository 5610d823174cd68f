import type { TaskId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { endHeldTask, type HeldEnding } from './end-held-task.ts';
import { AlreadyTerminalError } from './errors.ts';
import { readTask, type Task } from './task.ts';

/** What a person answers. */
export interface ApprovalAnswer {
  readonly decision: string;
  readonly comment?: string | undefined;
}

/** What an approval comes to; the task's output. */
interface Given extends Record<string, Json> {
  readonly decision: string;
  readonly by: string;
}

const endingOf = (task: Task, output: Given): HeldEnding => {
  const { options = [], proceedOn } = task.approval ?? {};
  const goesOn = proceedOn ?? options.filter((option) => option !== 'denied');
  if (goesOn.includes(output.decision)) return { status: 'SUCCEEDED', output };
  const message = `${output.by} answered "${output.decision}".`;
  return { status: 'FAILED', output, error: { code: 'DENIED', message, retryable: false } };
};

const isSameAnswer = (task: Task, answer: ApprovalAnswer, principal: Principal): boolean => {
  const { output } = task;
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return false;
  return output['decision'] === answer.decision && output['by'] === principal.id;
};

/**
 * A person answers an approval: the task ends with who answered what and when. The same answer of the same person again
 * is the same answer.
 *
 * @throws NotFoundError for what is no approval of this tenant's, InvalidFieldError for an answer that is no option,
 * AlreadyTerminalError when it was answered otherwise, has expired or was cancelled.
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
      throw new AlreadyTerminalError(taskId, task.status);
    }
    const { decision, comment } = answer;
    const output = {
      decision,
      ...(comment === undefined ? {} : { comment }),
      by: principal.id,
      at: services.clock.now(),
    };
    const ended = await endHeldTask(services, task, endingOf(task, output));
    if (ended !== undefined) return ended;
  }
  throw new ConflictError(`Approval ${taskId}`);
};
