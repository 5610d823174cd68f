import { Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { functionSpecs, type SendTarget } from '#infra/config/functions.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { WorkQueue } from '#infra/constructs/work-queue.ts';

/**
 * Environments of one consumer at a time. It bounds what a burst can do to the table and to other functions without
 * reserving concurrency, which a new account may not have.
 */
const maxConcurrency = { tasks: 50, timers: 20, triggers: 10, effects: 5 } as const;

const addressVariables = {
  tasks: 'tasksQueueUrl',
  timers: 'timersQueueUrl',
  effects: 'effectsQueueUrl',
} as const satisfies Record<SendTarget, string>;

/** The queues between the functions. */
export class Queues extends Construct {
  readonly tasks: WorkQueue;
  readonly timers: WorkQueue;
  readonly triggers: WorkQueue;
  readonly effects: WorkQueue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.tasks = new WorkQueue(this, 'Tasks', {
      of: 'Stages of runs',
      consumerTimeoutSeconds: functionSpecs['queue/dispatch'].timeoutSeconds,
      maxAgeSeconds: 120,
    });
    this.timers = new WorkQueue(this, 'Timers', {
      of: 'Timers',
      consumerTimeoutSeconds: functionSpecs['queue/timers'].timeoutSeconds,
      // A delayed message ages while it is delayed, at most 15 minutes.
      maxAgeSeconds: 1200,
    });
    this.triggers = new WorkQueue(this, 'Triggers', {
      of: 'Requests for runs',
      consumerTimeoutSeconds: functionSpecs['queue/trigger'].timeoutSeconds,
      maxAgeSeconds: 300,
    });
    this.effects = new WorkQueue(this, 'Effects', {
      of: 'Effects that the relay could not deliver',
      consumerTimeoutSeconds: functionSpecs['queue/effects'].timeoutSeconds,
      maxAgeSeconds: 600,
    });
  }

  /** Lets a function send to a queue, and tells it where that is. */
  grantSend(grantee: TaskFunction, queue: SendTarget): void {
    const { queueArn, queueUrl } = this[queue].queue;
    grantee.allow(['sqs:SendMessage'], [queueArn]);
    grantee.setEnvironment(addressVariables[queue], queueUrl);
  }

  /**
   * Makes a function the consumer of a queue: up to ten messages at once, each failing alone. The role gets what a mapping
   * needs and no more: the CDK's own grant has two actions that no mapping uses.
   */
  consumeWith(consumer: TaskFunction, queue: keyof typeof maxConcurrency): void {
    const { queueArn } = this[queue].queue;
    consumer.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [queueArn]);
    consumer.function.addEventSourceMapping('Queue', {
      eventSourceArn: queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency: maxConcurrency[queue],
    });
    Validations.of(consumer).acknowledge({
      id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
      reason: 'A mapping of a queue has none: what fails goes back to the queue and from there to its dead letters.',
    });
  }
}
