import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { ExecutionEvent } from './execution.ts';
import { maxDataBytes, parseJson } from './json.ts';
import { readInput } from './read-input.ts';
import type { ServiceParts } from './service-parts.ts';
import { isTaskToken } from './task-tokens.ts';

const timedOut = (): AwsError => new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");

/** Delivers an answer to the task that a token names; all errors of the three SendTask operations come from here. */
async function answer(
  parts: ServiceParts,
  token: string,
  toEvent: (frame: number) => Extract<ExecutionEvent, { token: string }>,
): Promise<Record<string, unknown>> {
  const known = parts.store.token(token);
  if (!known) {
    if (isTaskToken(token)) throw new AwsError('TaskDoesNotExist', "Task does not exist: 'Unknown task token'");
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  if (!known.isOpen) throw timedOut();
  if (!(await parts.engine.deliver(known.execution, toEvent(known.frame)))) throw timedOut();
  return {};
}

/** SendTaskSuccess. */
export function sendTaskSuccess(parts: ServiceParts, input: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { taskToken: token, output } = readInput(z.looseObject({ taskToken: z.string(), output: z.string() }), input);
  if (Buffer.byteLength(output, 'utf8') > maxDataBytes) {
    throw new AwsError('InvalidOutput', `The output is larger than ${maxDataBytes} bytes`);
  }
  const json = parseJson(output);
  if (!json) throw new AwsError('InvalidOutput', "Invalid Output: 'Invalid Json'");
  return answer(parts, token, (frame) => ({ kind: 'succeeded', frame, token, output: json.value }));
}

const FailureInput = z.looseObject({
  taskToken: z.string(),
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});

/** SendTaskFailure. */
export function sendTaskFailure(parts: ServiceParts, input: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { taskToken: token, error, cause } = readInput(FailureInput, input);
  return answer(parts, token, (frame) => ({ kind: 'failed', frame, token, error, cause }));
}

/** SendTaskHeartbeat. */
export function sendTaskHeartbeat(
  parts: ServiceParts,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { taskToken: token } = readInput(z.looseObject({ taskToken: z.string() }), input);
  return answer(parts, token, (frame) => ({ kind: 'heartbeat', frame, token }));
}
