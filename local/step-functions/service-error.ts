import { randomUUID } from 'node:crypto';
import { AwsError } from '../contract.ts';
import type { TaskService } from './resources.ts';
import type { TaskOutcome } from './task-outcome.ts';

interface ServiceNames {
  /** Before the dot of an error name. */
  readonly prefix: string;
  /** After the dot, when the error has no class of its own. */
  readonly base: string;
  /** In the parentheses of a cause. */
  readonly label: string;
}

const serviceNames: Readonly<Record<TaskService, ServiceNames>> = {
  lambda: { prefix: 'Lambda', base: 'AWSLambdaException', label: 'AWSLambda' },
  sqs: { prefix: 'SQS', base: 'AmazonSQSException', label: 'AmazonSQS' },
  events: { prefix: 'EventBridge', base: 'AmazonEventBridgeException', label: 'AmazonEventBridge' },
  dynamodb: { prefix: 'DynamoDB', base: 'AmazonDynamoDBException', label: 'AmazonDynamoDBv2' },
  states: { prefix: 'StepFunctions', base: 'AWSStepFunctionsException', label: 'AWSStepFunctions' },
};

/**
 * Errors that have no class in the SDK that Step Functions calls with (Java, version 1), so that its base class names
 * them: a refusal of Lambda is recorded as `Lambda.AWSLambdaException`, of DynamoDB as `DynamoDB.AmazonDynamoDBException`
 * and of SQS as `SQS.AmazonSQSException`.
 */
const errorsWithoutClass = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'MissingParameter',
  'InvalidParameterValue',
  'AWS.SimpleQueueService.NonExistentQueue',
]);

function hasClass(service: TaskService, code: string): boolean {
  return code === 'ValidationException' ? service === 'states' : !errorsWithoutClass.has(code);
}

function errorName(service: TaskService, code: string): string {
  const { prefix, base } = serviceNames[service];
  if (!hasClass(service, code)) return `${prefix}.${base}`;
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
