import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { TasksMessage } from '#core/contract/messages.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { Queues } from '#core/ports/queues.ts';
import { type Backoff, defaultBackoff } from '../backoff.ts';
import { callService } from '../service-errors.ts';

export interface SqsQueuesOptions {
  readonly client: SQSClient;
  readonly tasksQueueUrl: string;
  readonly timersQueueUrl: string;
  readonly effectsQueueUrl: string;
  /** How messages that a batch left out are sent again. @default five attempts with full jitter */
  readonly backoff?: Backoff;
}

/** The service rejects these messages themselves; sending them again would not help. */
export class RejectedMessageError extends Error {
  override readonly name = 'RejectedMessageError';
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const messagesPerBatch = 10;

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html */
const maximumDelaySeconds = 900;

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId: string;
}

/** A group on a standard queue makes it fair: one tenant's burst does not hold up the others'. */
const toEntry = (tenant: string, message: TasksMessage, position: number): Entry => ({
  Id: String(position),
  MessageBody: JSON.stringify(message),
  MessageGroupId: tenant,
});

const sendBatch = async (options: SqsQueuesOptions, entries: readonly Entry[]): Promise<readonly Entry[]> => {
  const command = new SendMessageBatchCommand({ QueueUrl: options.tasksQueueUrl, Entries: [...entries] });
  const { Failed = [] } = await callService('The tasks queue', () => options.client.send(command));
  const rejected = Failed.find((failure) => failure.SenderFault === true);
  if (rejected !== undefined) {
    throw new RejectedMessageError(`The tasks queue rejects a message: ${rejected.Code} ${rejected.Message ?? ''}`);
  }
  const failed = new Set(Failed.map((failure) => failure.Id));
  return entries.filter((entry) => failed.has(entry.Id));
};

const sendUntilTaken = async (options: SqsQueuesOptions, entries: readonly Entry[]): Promise<void> => {
  const { attempts, wait } = options.backoff ?? defaultBackoff;
  let pending = entries;
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    if (attempt > attempts) {
      throw new UnavailableError('The tasks queue');
    }
    if (attempt > 1) {
      await wait(attempt);
    }
    pending = await sendBatch(options, pending);
  }
};

/** The queues on SQS. A call that fails half-way may have sent some of its messages; repeating it sends them twice. */
export const createSqsQueues = (options: SqsQueuesOptions): Queues => ({
  sendTasks: async (tenant, messages) => {
    const entries = messages.map((message, position) => toEntry(tenant, message, position));
    for (let from = 0; from < entries.length; from += messagesPerBatch) {
      await sendUntilTaken(options, entries.slice(from, from + messagesPerBatch));
    }
  },
  sendTimer: async (message, delaySeconds) => {
    if (!(delaySeconds <= maximumDelaySeconds)) {
      throw new RangeError(`A timer takes at most ${maximumDelaySeconds} seconds, not ${delaySeconds}`);
    }
    const command = new SendMessageCommand({
      QueueUrl: options.timersQueueUrl,
      MessageBody: JSON.stringify(message),
      MessageGroupId: message.tenant,
      DelaySeconds: Math.max(0, Math.ceil(delaySeconds)),
    });
    await callService('The timers queue', () => options.client.send(command));
  },
  sendEffect: async ({ pk, sk }) => {
    const command = new SendMessageCommand({
      QueueUrl: options.effectsQueueUrl,
      MessageBody: JSON.stringify({ pk, sk }),
    });
    await callService('The effects queue', () => options.client.send(command));
  },
});
