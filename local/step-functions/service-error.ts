import { randomUUID } from 'node:crypto';
import { AwsError } from '../contract.ts';
import type { TaskService } from './resources.ts';
import type { TaskOutcome } from './task-outcome.ts';

interface ServiceNames {
  /** Before the dot of an error name. */
  readonly prefix: string;
  /** In the parentheses of a cause. */
  readonly label: string;
}

const serviceNames: Readonly<Record<TaskService, ServiceNames>> = {
  lambda: { prefix: 'Lambda', label: 'AWSLambda' },
  sqs: { prefix: 'SQS', label: 'AmazonSQS' },
  events: { prefix: 'EventBridge', label: 'AmazonEventBridge' },
  dynamodb: { prefix: 'DynamoDB', label: 'AmazonDynamoDBv2' },
  states: { prefix: 'StepFunctions', label: 'AWSStepFunctions' },
};

const accessDenied = new Set(['AccessDenied', 'AccessDeniedException']);

/** SQS errors without a class of their own in the SDK; recorded on AWS as `SQS.AmazonSQSException`. */
const plainSqsErrors = new Set([
  'MissingParameter',
  'InvalidParameterValue',
  'AWS.SimpleQueueService.NonExistentQueue',
]);

function errorName(service: TaskService, code: string): string {
  const { prefix } = serviceNames[service];
  if (accessDenied.has(code)) return 'States.Permissions';
  if (service === 'sqs' && plainSqsErrors.has(code)) return 'SQS.AmazonSQSException';
  return `${prefix}.${code.endsWith('Exception') ? code : `${code}Exception`}`;
}

/** The failure of a task whose call was refused by a service or did not reach it. */
export function serviceFailure(service: TaskService, thrown: unknown): Extract<TaskOutcome, { kind: 'failed' }> {
  const { prefix, label } = serviceNames[service];
  if (!(thrown instanceof AwsError)) {
    const cause = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: 'failed', error: `${prefix}.SdkClientException`, cause };
  }
  const { code, message, statusCode } = thrown;
  const details = `Service: ${label}; Status Code: ${statusCode}; Error Code: ${code}; Request ID: ${randomUUID()}; Proxy: null`;
  return { kind: 'failed', error: errorName(service, code), cause: `${message} (${details})` };
}
