import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IEventSourceDlq } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';

/** How often a message is tried before it is a dead letter. */
const maxReceiveCount = 5;

/** The longest SQS keeps a message: time for a person to look at a dead letter. */
const deadLetterRetention = Duration.days(14);

/** A queue that only keeps what could not be handled. It raises an alarm as soon as there is anything in it. */
export class DeadLetterQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: { readonly of: string }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: deadLetterRetention,
    });
    addRunbookAlarm(this, 'NotEmpty', {
      metric: this.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: alarmPeriod }),
      meaning: `Something of ${props.of} could not be handled and waits in a dead-letter queue.`,
      runbook: 'dead-letters',
    });
    const reason = 'It is a dead-letter queue itself; what is in it has been tried, and an alarm calls a person.';
    Validations.of(this).acknowledge(
      { id: 'AwsSolutions::AwsSolutions-SQS3', reason },
      { id: 'Serverless::Serverless-SQSRedrivePolicy', reason },
    );
  }
}

export interface WorkQueueProps {
  /** What the messages are, for the texts of alarms. */
  readonly of: string;
  /** Timeout of the function that handles the messages. */
  readonly consumerTimeoutSeconds: number;
  /** Raises an alarm when the oldest message waits longer than this. */
  readonly maxAgeSeconds: number;
}

/** A standard queue with a dead-letter queue, both encrypted and closed to plain HTTP, and an alarm for each way to fall behind. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { of: props.of }).queue;
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the consumer's timeout, so that a throttled mapping has time to try again.
      // @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeoutSeconds),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    });
    addRunbookAlarm(this, 'Old', {
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: alarmPeriod }),
      meaning: `${props.of} wait longer than ${props.maxAgeSeconds} s in their queue.`,
      runbook: 'queue-age',
      above: props.maxAgeSeconds,
    });
  }
}

/** Where a stream's mapping names the batches that it gave up. Its role needs to send there and no more. */
export const namesFailuresTo = (queue: IQueue): IEventSourceDlq => ({
  bind: (_mapping, handler) => {
    handler.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
    return { destination: queue.queueArn };
  },
});
