import * as z from 'zod';
import { limits } from '#core/contract/limits.ts';
import { TaskSubmission, type TaskView } from '#core/contract/task.ts';
import type { Services } from '#core/services.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { taskView } from '#core/tasks/task-view.ts';
import { errorFields, publicError } from '../runtime/describe-error.ts';
import { type Problem, problemOf } from '../runtime/http-reply.ts';
import type { Caller } from '../runtime/route.ts';

/** A batch is refused as a whole when one of its tasks is not valid. */
export const SubmitBatch = z.strictObject({ tasks: z.array(TaskSubmission).min(1).max(limits.tasksPerBatch) });
export type SubmitBatch = z.infer<typeof SubmitBatch>;

/** Tasks of one batch that are placed at the same time. */
const atOnce = 10;

const submitOne = async (
  services: Services,
  submission: TaskSubmission,
  caller: Caller,
): Promise<TaskView | { readonly error: Problem }> => {
  try {
    return await taskView(services, await submitTask(services, { ...caller, submission }));
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
  { principal, idempotencyKey }: Caller,
): Promise<readonly (TaskView | { readonly error: Problem })[]> => {
  const answers: (TaskView | { readonly error: Problem })[] = [];
  for (let from = 0; from < tasks.length; from += atOnce) {
    const chunk = tasks.slice(from, from + atOnce);
    const submitted = chunk.map((submission, offset) =>
      submitOne(services, submission, { principal, idempotencyKey: `batch:${idempotencyKey}:${from + offset}` }),
    );
    answers.push(...(await Promise.all(submitted)));
  }
  return answers;
};
