import { TaskFailure, toError } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';
import type { TaskHandler } from '../../src/task-context.ts';

/** How much of an answer is told when it is a refusal. */
const toldCharacters = 500;

const post = async (url: string, request: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, request);
  } catch (thrown) {
    throw new TaskFailure('ENDPOINT_UNREACHABLE', `${url}: ${toError(thrown).message}`, { cause: thrown });
  }
};

/**
 * A handler that posts each task to an address and takes the JSON of the answer for the output. Refusals (4xx, but for 408 and
 * 429) are not tried again.
 */
export const callEndpoint =
  (url: string, headers: Readonly<Record<string, string>>): TaskHandler =>
  async (task, { signal, attempt, idempotencyKey }) => {
    const response = await post(url, {
      method: 'POST',
      signal,
      redirect: 'error',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey, ...headers },
      body: JSON.stringify({ taskId: task.taskId, type: task.type, input: task.input, attempt }),
    });
    const text = await response.text();
    if (response.ok) return text === '' ? null : parseJson(text);
    const retryable = response.status >= 500 || response.status === 408 || response.status === 429;
    throw new TaskFailure(`HTTP_${response.status}`, text.slice(0, toldCharacters), { retryable });
  };
