import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSqsQueues, RejectedMessageError } from '#adapters/sqs/queues.ts';
import { TasksMessage, TimerMessage } from '#core/contract/messages.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { createInstantBackoff, lastingFaults, transientFaults } from '../faults.ts';

const uuid = '01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
const message = (stage: number): TasksMessage =>
  TasksMessage.parse({ kind: 'stage', tenant: 'acme', runId: `run_${uuid}`, stage, taskToken: 'token' });
const timer = TimerMessage.parse({ kind: 'due', tenant: 'acme', taskId: `tsk_${uuid}`, rev: 1 });

const client = new SQSClient({ region: 'eu-west-1' });
const mock = mockClient(client);
const backoff = createInstantBackoff();
const queues = createSqsQueues({
  client,
  tasksQueueUrl: 'https://tasks',
  timersQueueUrl: 'https://timers',
  effectsQueueUrl: 'https://effects',
  backoff,
});
const entry = (body: TasksMessage, position: number) => ({
  Id: String(position),
  MessageBody: JSON.stringify(body),
  MessageGroupId: 'acme',
});
const failed = (id: string, isSenderFault = false) => ({ Id: id, Code: 'Broken', SenderFault: isSenderFault });

beforeEach(() => {
  mock.reset();
});

describe('sendTasks', () => {
  it('sends tens, grouped by tenant', async () => {
    mock.on(SendMessageBatchCommand).resolves({});
    const messages = Array.from({ length: 23 }, (_, index) => message(index));
    await queues.sendTasks('acme', messages);
    const entries = messages.map(entry);
    expect(mock).toHaveReceivedCommandTimes(SendMessageBatchCommand, 3);
    for (const [position, from, to] of [
      [1, 0, 10],
      [2, 10, 20],
      [3, 20, 23],
    ] as const) {
      expect(mock).toHaveReceivedNthCommandWith(SendMessageBatchCommand, position, {
        QueueUrl: 'https://tasks',
        Entries: entries.slice(from, to),
      });
    }
  });

  it('sends nothing for no messages', async () => {
    await queues.sendTasks('acme', []);
    expect(mock).not.toHaveReceivedAnyCommand();
  });

  it('sends again only what the queue did not take', async () => {
    mock
      .on(SendMessageBatchCommand)
      .resolvesOnce({ Failed: [failed('1')] })
      .resolvesOnce({});
    await queues.sendTasks('acme', [message(0), message(1), message(2)]);
    expect(mock).toHaveReceivedCommandTimes(SendMessageBatchCommand, 2);
    expect(mock).toHaveReceivedNthCommandWith(SendMessageBatchCommand, 2, {
      QueueUrl: 'https://tasks',
      Entries: [entry(message(1), 1)],
    });
  });

  it('is unavailable when the queue keeps failing', async () => {
    mock.on(SendMessageBatchCommand).resolves({ Failed: [failed('0')] });
    await expect(queues.sendTasks('acme', [message(0)])).rejects.toThrow(UnavailableError);
    expect(mock).toHaveReceivedCommandTimes(SendMessageBatchCommand, backoff.attempts);
  });

  it('does not repeat what the queue rejects', async () => {
    mock.on(SendMessageBatchCommand).resolves({ Failed: [failed('0', true)] });
    await expect(queues.sendTasks('acme', [message(0)])).rejects.toThrow(RejectedMessageError);
    expect(mock).toHaveReceivedCommandTimes(SendMessageBatchCommand, 1);
  });
});

describe('sendTimer', () => {
  it.each([
    [0, 0],
    [0.2, 1],
    [900, 900],
    [-5, 0],
  ])('delays %d seconds by %d', async (delay, sent) => {
    mock.on(SendMessageCommand).resolves({});
    await queues.sendTimer(timer, delay);
    expect(mock).toHaveReceivedCommandExactlyOnceWith(SendMessageCommand, {
      QueueUrl: 'https://timers',
      MessageBody: JSON.stringify(timer),
      MessageGroupId: timer.tenant,
      DelaySeconds: sent,
    });
  });

  it.each([901, Number.NaN])('refuses a delay of %d', async (delay) => {
    await expect(queues.sendTimer(timer, delay)).rejects.toThrow(RangeError);
    expect(mock).not.toHaveReceivedAnyCommand();
  });
});

describe('faults of the queues', () => {
  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(queues.sendTasks('acme', [message(0)])).rejects.toThrow(UnavailableError);
    await expect(queues.sendTimer(timer, 1)).rejects.toThrow(UnavailableError);
  });

  it.each(lastingFaults)('passes %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(queues.sendTasks('acme', [message(0)])).rejects.toBe(fault);
    await expect(queues.sendTimer(timer, 1)).rejects.toBe(fault);
  });
});
