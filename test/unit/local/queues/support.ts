import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import type { AwsCall, InvokeResult } from '../../../../local/contract.ts';
import { createQueueSource } from '../../../../local/queues/create-queue-source.ts';
import type { QueueSourceOptions } from '../../../../local/queues/queue-source-options.ts';
import { type Queues, startQueues } from '../../../../local/queues/start-queues.ts';
import { realClock } from '../../../../local/real-clock.ts';

/** Is done when the test that runs has ended, the last first. A hook of this module would be that of the first file that loads it. */
export function onEnd(cleanup: () => Promise<void> | void): void {
  onTestFinished(cleanup);
}

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'queues-'));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function startTestQueues(dataDirectory?: string): Promise<Queues> {
  const queues = await startQueues({ log: () => undefined, ...(dataDirectory ? { dataDirectory } : {}) });
  onEnd(() => queues.stop());
  return queues;
}

export interface Message {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiptHandle: string;
  readonly Attributes: Record<string, string>;
}

export async function receive(queues: Queues, url: string, waitSeconds = 0): Promise<Message[]> {
  const answer = (await queues.handle('ReceiveMessage', {
    QueueUrl: url,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
  })) as { Messages?: Message[] };
  return answer.Messages ?? [];
}

export const SqsEvent = z.looseObject({ Records: z.array(z.looseObject({ messageId: z.string(), body: z.string() })) });
export type SqsEvent = z.infer<typeof SqsEvent>;

export type Handler = (event: SqsEvent) => Promise<unknown>;

export interface SourceFixture {
  readonly queues: Queues;
  readonly url: string;
  readonly dlqUrl: string;
  readonly arn: string;
  readonly calls: string[];
  readonly send: (body: string, more?: Record<string, unknown>) => Promise<Record<string, unknown>>;
  readonly start: (handler: Handler, options?: Partial<QueueSourceOptions>) => { stop(): Promise<void> };
}

/** A queue with a one-second visibility timeout and a dead-letter queue, and a way to start sources on it. */
export async function prepareSource(attributes: Record<string, string> = {}, name = 'work'): Promise<SourceFixture> {
  const queues = await startTestQueues();
  const suffix = name.endsWith('.fifo') ? '.fifo' : '';
  const dlq = await queues.createQueue({ name: `dead${suffix}`, attributes: {} });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dlq.arn, maxReceiveCount: 2 });
  const { url, arn } = await queues.createQueue({
    name,
    attributes: { VisibilityTimeout: '1', RedrivePolicy, ...attributes },
  });
  const calls: string[] = [];
  const call: AwsCall = ({ action, input, roleArn }) => {
    calls.push(`${roleArn} ${action}`);
    return queues.handle(action, input);
  };
  const start: SourceFixture['start'] = (handler, options) => {
    const invoke = async (_arn: string, event: unknown): Promise<InvokeResult> => {
      try {
        return { payload: await handler(SqsEvent.parse(structuredClone(event))) };
      } catch (error) {
        return { payload: { errorMessage: String(error) }, functionError: 'Unhandled' };
      }
    };
    const source = createQueueSource({
      clock: realClock,
      call,
      roleArn: 'role',
      queueUrl: url,
      queueArn: arn,
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      invoke,
      batchSize: 10,
      maximumBatchingWindowSeconds: 0,
      reportBatchItemFailures: false,
      enabled: true,
      log: () => undefined,
      meter: { count: () => undefined },
      ...options,
    });
    // Together, because stopping the queues ends the source's long poll.
    onEnd(async () => void (await Promise.all([source.stop(), queues.stop()])));
    return source;
  };
  const send = (body: string, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> =>
    queues.handle('SendMessage', { QueueUrl: url, MessageBody: body, ...more });
  return { queues, url, dlqUrl: dlq.url, arn, calls, send, start };
}
