import { type AwsCall, AwsError } from '../contract.ts';
import { httpMetadata } from './http-metadata.ts';
import { isRecord, toJson } from './json.ts';
import type { TaskOutcome, TaskRequest } from './task-outcome.ts';

function fieldsOf(input: unknown): Record<string, unknown> {
  return isRecord(input) ? input : {};
}

/** Fields that an API wants as text are written as JSON when a definition gives them as objects. */
function asText(value: unknown): unknown {
  return value === undefined || value === null || typeof value === 'string' ? value : toJson(value);
}

/** `sqs:sendMessage`. */
export async function sendMessage(call: AwsCall, { input, roleArn }: TaskRequest): Promise<TaskOutcome> {
  const fields = fieldsOf(input);
  const message = { ...fields, MessageBody: asText(fields['MessageBody']) };
  const answer = await call({ service: 'sqs', action: 'SendMessage', input: message, roleArn });
  return { kind: 'succeeded', output: { ...answer, ...httpMetadata() } };
}

/** `events:putEvents`; every entry also names the state machine and the execution among its resources. */
export async function putEvents(call: AwsCall, request: TaskRequest): Promise<TaskOutcome> {
  const { input, roleArn, machineArn, executionArn } = request;
  const fields = fieldsOf(input);
  const entries = Array.isArray(fields['Entries']) ? fields['Entries'] : [];
  const written = entries.map((entry: unknown) => {
    const own = fieldsOf(entry);
    const resources: unknown[] = Array.isArray(own['Resources']) ? own['Resources'] : [];
    return { ...own, Detail: asText(own['Detail']), Resources: [...resources, machineArn, executionArn] };
  });
  const output = await call({
    service: 'events',
    action: 'PutEvents',
    input: { ...fields, Entries: written },
    roleArn,
  });
  if (Number(output['FailedEntryCount'] ?? 0) === 0) return { kind: 'succeeded', output };
  return { kind: 'failed', error: 'EventBridge.FailedEntry', cause: toJson(output) };
}

/** `dynamodb:getItem`, `putItem`, `updateItem` and `deleteItem`, with items in DynamoDB's own notation. */
export async function changeItem(call: AwsCall, { input, roleArn, resource }: TaskRequest): Promise<TaskOutcome> {
  const action = resource.action.charAt(0).toUpperCase() + resource.action.slice(1);
  const answer = await call({ service: 'dynamodb', action, input: fieldsOf(input), roleArn });
  return { kind: 'succeeded', output: { ...answer, ...httpMetadata() } };
}

function executionArnOf(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/**
 * `states:startExecution`. Without a `Name` the attempt gives it, so that making the call again after a restart finds
 * the execution that the first call started; with one, an execution that exists after a restart is taken for ours.
 */
export async function startExecution(call: AwsCall, request: TaskRequest): Promise<TaskOutcome> {
  const { input, roleArn, attempt, isRepeated } = request;
  const fields = fieldsOf(input);
  const stateMachineArn = String(fields['StateMachineArn']);
  const isNamed = typeof fields['Name'] === 'string';
  const name = isNamed ? String(fields['Name']) : attempt;
  const text = asText(fields['Input']);
  const started = { stateMachineArn, name, ...(text === undefined || text === null ? {} : { input: text }) };
  try {
    const answer = await call({ service: 'states', action: 'StartExecution', input: started, roleArn });
    return startedOutcome(answer['executionArn'], answer['startDate']);
  } catch (error) {
    const exists = error instanceof AwsError && error.code === 'ExecutionAlreadyExists';
    if (!exists || (isNamed && !isRepeated)) throw error;
    return startedOutcome(executionArnOf(stateMachineArn, name), undefined);
  }
}

function startedOutcome(arn: unknown, startDate: unknown): TaskOutcome {
  const startedMs = startDate instanceof Date ? startDate.getTime() : Math.round(Number(startDate ?? 0) * 1000);
  const output = { ExecutionArn: arn, StartDate: startedMs, ...httpMetadata() };
  return { kind: 'submitted', output, childArn: String(arn) };
}
