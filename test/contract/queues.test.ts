import { CreateQueueCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSqsClient } from '#adapters/aws-clients.ts';
import { createSqsQueues } from '#adapters/sqs/queues.ts';
import { StageMessage, TimerMessage } from '#core/contract/messages.ts';

const uuid = '01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
const messageOf = (stage: number): StageMessage =>
  StageMessage.parse({ kind: 'stage', tenant: 'acme', runId: `run_${uuid}`, stage, taskToken: 'token' });

interface Running {
  readonly server: FauxqsServer;
  readonly client: SQSClient;
}

let running: Running | undefined;

const open = (): Running => {
  if (running === undefined) {
    throw new Error('the queues are not running');
  }
  return running;
};

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const client = createSqsClient({ region: 'eu-west-1', endpoint: `http://127.0.0.1:${server.port}` });
  running = { server, client };
});

afterAll(async () => {
  await running?.server.stop();
  vi.unstubAllEnvs();
});

const createQueue = async (name: string): Promise<string> => {
  const { QueueUrl = '' } = await open().client.send(new CreateQueueCommand({ QueueName: name }));
  // The address that the service gives has a host that does not resolve.
  return `http://127.0.0.1:${open().server.port}/${QueueUrl.split('/').slice(-2).join('/')}`;
};

const receiveAll = async (queueUrl: string): Promise<readonly unknown[]> => {
  const received: unknown[] = [];
  for (;;) {
    const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await open().client.send(command);
    if (Messages.length === 0) {
      return received;
    }
    received.push(...Messages.map((message): unknown => JSON.parse(message.Body ?? '')));
  }
};

describe('createSqsQueues on a queue service', () => {
  it('delivers every message of many batches', async () => {
    const tasksQueueUrl = await createQueue('tasks');
    const queues = createSqsQueues({
      client: open().client,
      tasksQueueUrl,
      timersQueueUrl: tasksQueueUrl,
      effectsQueueUrl: tasksQueueUrl,
    });
    const messages = Array.from({ length: 25 }, (_, index) => messageOf(index));
    await queues.sendTasks('acme', messages);
    const received = await receiveAll(tasksQueueUrl);
    const stages = received.map((body) => StageMessage.parse(body).stage);
    expect(stages.toSorted((left, right) => left - right)).toEqual(messages.map((_, index) => index));
  });

  it('delivers a timer that is due and holds one that is not', async () => {
    const timersQueueUrl = await createQueue('timers');
    const queues = createSqsQueues({
      client: open().client,
      tasksQueueUrl: timersQueueUrl,
      timersQueueUrl,
      effectsQueueUrl: timersQueueUrl,
    });
    const timer = (rev: number) => TimerMessage.parse({ kind: 'due', tenant: 'acme', taskId: `tsk_${uuid}`, rev });
    await queues.sendTimer(timer(1), 0);
    await queues.sendTimer(timer(2), 900);
    expect(await receiveAll(timersQueueUrl)).toEqual([timer(1)]);
  });
});
