import type { AwsCall } from '../contract.ts';
import { httpMetadata } from './http-metadata.ts';
import { isRecord, parseJson, toJson } from './json.ts';
import type { TaskOutcome, TaskRequest } from './task-outcome.ts';

/** What the function returned: the value itself, or the JSON bytes of an SDK client. */
function readPayload(payload: unknown): unknown {
  if (!(payload instanceof Uint8Array)) return payload ?? null;
  const text = Buffer.from(payload).toString('utf8');
  return text === '' ? null : (parseJson(text)?.value ?? text);
}

function functionFailure(payload: unknown): TaskOutcome {
  const cause = toJson(payload);
  const error = isRecord(payload) && typeof payload['errorType'] === 'string' ? payload['errorType'] : undefined;
  if (error !== undefined) return { kind: 'failed', error, cause };
  const reason = `The cause could not be determined because Lambda did not return an error type. Returned payload: ${cause}`;
  return { kind: 'failed', error: 'Lambda.Unknown', cause: reason };
}

function invokeInput({ resource, input }: TaskRequest): Record<string, unknown> {
  if (resource.kind === 'function') return { FunctionName: resource.arn, Payload: toJson(input) };
  const fields = isRecord(input) ? input : {};
  return 'Payload' in fields ? { ...fields, Payload: toJson(fields['Payload']) } : { ...fields };
}

/** Invokes a function, by its own ARN (the result is what it returned) or through `lambda:invoke`. */
export async function invokeFunction(call: AwsCall, request: TaskRequest): Promise<TaskOutcome> {
  const answer = await call({
    service: 'lambda',
    action: 'Invoke',
    input: invokeInput(request),
    roleArn: request.roleArn,
  });
  const payload = readPayload(answer['Payload']);
  if (answer['FunctionError'] !== undefined) return functionFailure(payload);
  if (request.resource.kind === 'function') return { kind: 'succeeded', output: payload };
  const output = {
    ExecutedVersion: answer['ExecutedVersion'] ?? '$LATEST',
    Payload: payload,
    ...httpMetadata(),
    StatusCode: answer['StatusCode'] ?? 200,
  };
  return { kind: 'succeeded', output };
}
