import * as z from 'zod';
import type { AwsCall } from '../contract.ts';
import { AwsError, type FunctionInvoker } from '../contract.ts';
import { targetService } from './rule.ts';

/** On whose behalf a bus calls a target that has no role: the target's resource policy decides. */
export const eventsServicePrincipal = 'service:events.amazonaws.com';

/** One call of one target. `inputJson` is JSON text; `source` says what a bus target republishes. */
export interface TargetCall {
  readonly arn: string;
  readonly roleArn: string | undefined;
  readonly inputJson: string;
  readonly messageGroupId?: string | undefined;
  readonly executionName?: string | undefined;
}

export interface TargetPorts {
  readonly call: AwsCall;
  readonly invoke?: FunctionInvoker | undefined;
}

/** The queue's address as AWS forms it. */
export function queueUrlOf(arn: string): string {
  const [, , , region, accountId, name] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com/${accountId}/${name}`;
}

const ForwardedEvent = z.looseObject({
  'detail-type': z.string(),
  source: z.string(),
  resources: z.array(z.string()).default([]),
  time: z.string().optional(),
  detail: z.unknown(),
});

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // A template that does not produce JSON reaches its target as text.
    return json;
  }
}

async function callFunction(ports: TargetPorts, target: TargetCall, roleArn: string): Promise<void> {
  if (ports.invoke === undefined) {
    const input = { FunctionName: target.arn, InvocationType: 'Event', Payload: target.inputJson };
    await ports.call({ service: 'lambda', action: 'Invoke', input, roleArn });
    return;
  }
  const result = await ports.invoke.invoke(target.arn, parseJson(target.inputJson));
  if (result.functionError !== undefined) {
    throw new AwsError('FunctionError', JSON.stringify(result.payload ?? null), 500);
  }
}

async function callQueue(ports: TargetPorts, target: TargetCall, roleArn: string): Promise<void> {
  const group = target.messageGroupId === undefined ? {} : { MessageGroupId: target.messageGroupId };
  const input = { QueueUrl: queueUrlOf(target.arn), MessageBody: target.inputJson, ...group };
  await ports.call({ service: 'sqs', action: 'SendMessage', input, roleArn });
}

async function callStateMachine(ports: TargetPorts, target: TargetCall, roleArn: string): Promise<void> {
  const name = target.executionName === undefined ? {} : { name: target.executionName };
  const input = { stateMachineArn: target.arn, input: target.inputJson, ...name };
  await ports.call({ service: 'states', action: 'StartExecution', input, roleArn });
}

async function callBus(ports: TargetPorts, target: TargetCall, roleArn: string): Promise<void> {
  const event = ForwardedEvent.parse(parseJson(target.inputJson));
  const entry = {
    EventBusName: target.arn,
    Source: event.source,
    DetailType: event['detail-type'],
    Detail: JSON.stringify(event.detail),
    Resources: event.resources,
    ...(event.time === undefined ? {} : { Time: event.time }),
  };
  const answer = await ports.call({ service: 'events', action: 'PutEvents', input: { Entries: [entry] }, roleArn });
  const parsed = z.looseObject({ Entries: z.array(z.looseObject({ ErrorCode: z.string().optional() })) }).parse(answer);
  const code = parsed.Entries[0]?.ErrorCode;
  if (code !== undefined) throw new AwsError(code, `The bus ${target.arn} refused the event`);
}

/** Calls a target once. @throws {@link AwsError} as the target's service answers */
export async function deliverToTarget(ports: TargetPorts, target: TargetCall): Promise<void> {
  const roleArn = target.roleArn ?? eventsServicePrincipal;
  switch (targetService(target.arn)) {
    case 'sqs':
      return callQueue(ports, target, roleArn);
    case 'lambda':
      return callFunction(ports, target, roleArn);
    case 'states':
      return callStateMachine(ports, target, roleArn);
    case 'events':
      return callBus(ports, target, roleArn);
  }
}
