import type { SubmitBatch } from '#core/contract/operations/tasks.ts';
import type { Problem } from '#core/contract/problem.ts';
import type { TaskSubmission, TaskView } from '#core/contract/task.ts';
import type { Services } from '#core/services.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { submitAdmitted } from '#core/tenants/admission.ts';
import { errorFields, publicError } from '../runtime/describe-error.ts';
import { problemOf } from '../runtime/http-reply.ts';
import type { Caller } from '../runtime/route.ts';

/** Tasks of one batch that are placed at the same time. */
const atOnce = 10;

const submitOne = async (
  services: Services,
  submission: TaskSubmission,
  caller: Caller,
): Promise<TaskView | { readonly error: Problem }> => {
  try {
    return await taskView(services, await submitAdmitted(services, { ...caller, submission }));
  } catch (error) {
    services.log.warn('task of a batch refused', errorFields(error));
    return { error: problemOf(publicError(error)) };
  }
};

/**
 * Submits each task under a key of its own, made of the request's: repeating the request submits nothing twice, and
 * submits what failed. Answers in order, each with the task or why there is none.
 */
export const submitBatch = async (
  services: Services,
  { tasks }: SubmitBatch,
  { idempotencyKey, ...caller }: Caller,
): Promise<readonly (TaskView | { readonly error: Problem })[]> => {
  const answers: (TaskView | { readonly error: Problem })[] = [];
  for (let from = 0; from < tasks.length; from += atOnce) {
    const chunk = tasks.slice(from, from + atOnce);
    const submitted = chunk.map((submission, offset) =>
      submitOne(services, submission, {
        ...caller,
        idempotencyKey: `batch:${idempotencyKey}:${from + offset}`,
      }),
    );
    answers.push(...(await Promise.all(submitted)));
  }
  return answers;
};
