import type { AwsCall, Clock, InvokeResult } from '../contract.ts';
import type { AsyncEvent } from './async-event-store.ts';
import type { AsyncPolicy } from './function-definition.ts';

/** How an asynchronous event ended. */
export interface AsyncOutcome {
  readonly condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';
  /** What the function answered last, if it was reached. */
  readonly result?: InvokeResult;
}

interface Ports {
  readonly clock: Clock;
  readonly call: AwsCall;
  readonly log: (line: string) => void;
}

/** Sends what became of an event to the function's destination and, when it failed, to its dead-letter queue. */
export async function sendOutcome(
  ports: Ports,
  event: AsyncEvent,
  policy: AsyncPolicy,
  outcome: AsyncOutcome,
): Promise<void> {
  const isSuccess = outcome.condition === 'Success';
  const destinationArn = isSuccess ? policy.onSuccessArn : policy.onFailureArn;
  const sends: Promise<unknown>[] = [];
  if (destinationArn !== undefined) {
    sends.push(sendRecord(ports, policy, destinationArn, describeOutcome(ports.clock, event, policy, outcome)));
  }
  if (!isSuccess && policy.deadLetterArn !== undefined) {
    sends.push(sendToQueue(ports.call, policy, policy.deadLetterArn, deadLetter(event, outcome)));
  }
  for (const sent of await Promise.allSettled(sends)) {
    if (sent.status === 'rejected') ports.log(`${policy.functionName}: its result was lost: ${String(sent.reason)}`);
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function describeOutcome(clock: Clock, event: AsyncEvent, policy: AsyncPolicy, { condition, result }: AsyncOutcome) {
  return {
    version: '1.0',
    timestamp: new Date(clock.now()).toISOString(),
    requestContext: {
      requestId: event.id,
      functionArn: `${policy.functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: event.failures + (condition === 'Success' ? 1 : 0),
    },
    requestPayload: parse(event.eventJson),
    ...(result !== undefined && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(result.functionError !== undefined && { functionError: result.functionError }),
      },
      responsePayload: result.payload,
    }),
  };
}

function parse(json: string): unknown {
  return JSON.parse(json);
}

async function sendRecord(
  { call }: Ports,
  policy: AsyncPolicy,
  destinationArn: string,
  record: ReturnType<typeof describeOutcome>,
): Promise<void> {
  const { roleArn, functionArn } = policy;
  const service = destinationArn.split(':')[2];
  if (service === 'sqs') {
    await sendToQueue(call, policy, destinationArn, { MessageBody: JSON.stringify(record) });
  } else if (service === 'lambda') {
    const input = { FunctionName: destinationArn, InvocationType: 'Event', Payload: JSON.stringify(record) };
    await call({ service: 'lambda', action: 'Invoke', input, roleArn });
  } else {
    const kind = record.requestContext.condition === 'Success' ? 'Success' : 'Failure';
    const entry = {
      EventBusName: destinationArn,
      Source: 'lambda',
      DetailType: `Lambda Function Invocation Result - ${kind}`,
      Detail: JSON.stringify(record),
      Resources: [`${functionArn}:$LATEST`, destinationArn],
    };
    await call({ service: 'events', action: 'PutEvents', input: { Entries: [entry] }, roleArn });
  }
}

/** A dead letter is the event itself. @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq */
function deadLetter(event: AsyncEvent, { result }: AsyncOutcome): Record<string, unknown> {
  const payload = result?.payload;
  const hasMessage = typeof payload === 'object' && payload !== null && 'errorMessage' in payload;
  const message = hasMessage ? String(payload.errorMessage) : 'The event was too old.';
  const attribute = (DataType: string, StringValue: string) => ({ DataType, StringValue });
  return {
    MessageBody: event.eventJson,
    MessageAttributes: {
      RequestID: attribute('String', event.id),
      ErrorCode: attribute('Number', '200'),
      ErrorMessage: attribute('String', message.slice(0, 1024)),
    },
  };
}

async function sendToQueue(
  call: AwsCall,
  policy: AsyncPolicy,
  queueArn: string,
  message: Record<string, unknown>,
): Promise<void> {
  const [, , , region, accountId, name] = queueArn.split(':');
  const QueueUrl = `https://sqs.${region}.amazonaws.com/${accountId}/${name}`;
  await call({ service: 'sqs', action: 'SendMessage', input: { QueueUrl, ...message }, roleArn: policy.roleArn });
}
