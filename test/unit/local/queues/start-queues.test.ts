import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { makeDirectory, onEnd, receive, startTestQueues } from './support.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 's' };

describe('startQueues', () => {
  it('serves SDK clients over JSON 1.0, on the loopback interface and under its own queue urls', async () => {
    const queues = await startTestQueues();
    const { url, arn } = await queues.createQueue({ name: 'plain', attributes: {} });
    expect(arn).toBe('arn:aws:sqs:us-east-1:000000000000:plain');
    expect(url).toBe(`${queues.endpoint}/000000000000/plain`);
    expect(new URL(queues.endpoint).hostname).toBe('127.0.0.1');
    const client = new SQSClient({ endpoint: queues.endpoint, region: 'us-east-1', credentials });
    onEnd(() => client.destroy());
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' } };
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'hi', MessageAttributes }));
    const answer = await client.send(new ReceiveMessageCommand({ QueueUrl: url, MessageAttributeNames: ['All'] }));
    expect(answer.Messages?.[0]).toMatchObject({ Body: 'hi', MessageAttributes });
    expect(await queues.handle('GetQueueUrl', { QueueName: 'plain' })).toEqual({ QueueUrl: url });
  });

  it('keeps the group of a message on a standard queue', async () => {
    const queues = await startTestQueues();
    const { url } = await queues.createQueue({ name: 'fair', attributes: {} });
    await queues.handle('SendMessage', { QueueUrl: url, MessageBody: 'one', MessageGroupId: 'tenant-1' });
    const Entries = [{ Id: 'a', MessageBody: 'two', MessageGroupId: 'tenant-2' }];
    await queues.handle('SendMessageBatch', { QueueUrl: url, Entries });
    const messages = await receive(queues, url);
    expect(messages.map((message) => message.Attributes['MessageGroupId'])).toEqual(['tenant-1', 'tenant-2']);
    await expect(
      queues.handle('SendMessage', { QueueUrl: url, MessageBody: 'x', MessageGroupId: 'g'.repeat(129) }),
    ).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it('accepts every character of XML 1.0 and 1 MiB, and refuses what lies beyond', async () => {
    const queues = await startTestQueues();
    const { url } = await queues.createQueue({ name: 'texts', attributes: {} });
    const send = (MessageBody: string): Promise<unknown> =>
      queues.handle('SendMessage', { QueueUrl: url, MessageBody });
    await send('😀 \t\r\n\u{10FFFF}');
    await send('x'.repeat(1_048_576));
    await expect(send('x'.repeat(1_048_577))).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    await expect(send('a\u0001b')).rejects.toMatchObject({ code: 'InvalidMessageContents' });
    await expect(send('\uD83D')).rejects.toMatchObject({ code: 'InvalidMessageContents' });
    await expect(send('')).rejects.toMatchObject({ code: 'MissingParameter' });
    const bodies = (await receive(queues, url)).map((message) => message.Body);
    expect(bodies.map((body) => body.length)).toEqual(['😀 \t\r\n\u{10FFFF}'.length, 1_048_576]);
  });

  it('fails the entries of a batch one by one, and the batch when its form is wrong', async () => {
    const queues = await startTestQueues();
    const { url } = await queues.createQueue({ name: 'batches', attributes: {} });
    const sendBatch = (Entries: object[]): Promise<unknown> =>
      queues.handle('SendMessageBatch', { QueueUrl: url, Entries });
    const answer = await sendBatch([
      { Id: 'good', MessageBody: 'x' },
      { Id: 'bad', MessageBody: '\u0000' },
      { Id: 'late', MessageBody: 'x', DelaySeconds: 901 },
    ]);
    expect(answer).toMatchObject({
      Successful: [{ Id: 'good' }],
      Failed: [
        { Id: 'bad', SenderFault: true, Code: 'InvalidMessageContents' },
        { Id: 'late', SenderFault: true, Code: 'InvalidParameterValue' },
      ],
    });
    const codeOf = async (entries: object[]): Promise<unknown> => sendBatch(entries).catch((error: unknown) => error);
    expect(await codeOf([])).toMatchObject({ code: 'EmptyBatchRequest' });
    expect(await codeOf(Array.from({ length: 11 }, (_, i) => ({ Id: `${i}`, MessageBody: 'x' })))).toMatchObject({
      code: 'TooManyEntriesInBatchRequest',
    });
    expect(
      await codeOf([
        { Id: 'a', MessageBody: 'x' },
        { Id: 'a', MessageBody: 'x' },
      ]),
    ).toMatchObject({
      code: 'BatchEntryIdsNotDistinct',
    });
    expect(await codeOf([{ Id: 'a b', MessageBody: 'x' }])).toMatchObject({ code: 'InvalidBatchEntryId' });
    const half = { MessageBody: 'x'.repeat(600_000) };
    expect(
      await codeOf([
        { Id: 'a', ...half },
        { Id: 'b', ...half },
      ]),
    ).toMatchObject({ code: 'BatchRequestTooLong' });
  });

  it('hides a delayed message until its time and wakes a long poll', async () => {
    const queues = await startTestQueues();
    const { url } = await queues.createQueue({ name: 'later', attributes: {} });
    await queues.handle('SendMessage', { QueueUrl: url, MessageBody: 'x', DelaySeconds: 1 });
    expect(await receive(queues, url)).toEqual([]);
    const startedAt = performance.now();
    expect(await receive(queues, url, 5)).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });

  it('keeps messages when a queue is created again after a restart', async () => {
    const directory = makeDirectory();
    const first = await startTestQueues(directory);
    const { url } = await first.createQueue({ name: 'kept', attributes: { VisibilityTimeout: '5' } });
    await first.handle('SendMessage', { QueueUrl: url, MessageBody: 'still here', MessageGroupId: 'g' });
    await first.stop();
    const second = await startTestQueues(directory);
    const again = await second.createQueue({ name: 'kept', attributes: { VisibilityTimeout: '7' } });
    expect(new URL(again.url).origin).toBe(second.endpoint);
    expect(await second.handle('GetQueueUrl', { QueueName: 'kept' })).toEqual({ QueueUrl: again.url });
    expect(await second.handle('GetQueueAttributes', { QueueUrl: again.url, AttributeNames: ['All'] })).toMatchObject({
      Attributes: { VisibilityTimeout: '7' },
    });
    expect(await receive(second, again.url)).toMatchObject([
      { Body: 'still here', Attributes: { MessageGroupId: 'g' } },
    ]);
  });

  it('keeps a received message hidden across a restart until its visibility timeout, and counts its receptions', async () => {
    const directory = makeDirectory();
    const first = await startTestQueues(directory);
    const { url } = await first.createQueue({ name: 'hidden', attributes: { VisibilityTimeout: '1' } });
    await first.handle('SendMessage', { QueueUrl: url, MessageBody: 'x' });
    expect(await receive(first, url)).toHaveLength(1);
    await first.stop();
    const second = await startTestQueues(directory);
    const again = await second.createQueue({ name: 'hidden', attributes: { VisibilityTimeout: '1' } });
    expect(await receive(second, again.url, 5)).toMatchObject([{ Attributes: { ApproximateReceiveCount: '2' } }]);
  });

  it('loses nothing that it acknowledged when its process is killed', async () => {
    const directory = makeDirectory();
    const module = fileURLToPath(new URL('../../../../local/queues/start-queues.ts', import.meta.url));
    const program = `
      const { startQueues } = await import(${JSON.stringify(module)});
      const queues = await startQueues({ dataDirectory: ${JSON.stringify(directory)}, log() {} });
      const { url } = await queues.createQueue({ name: 'q', attributes: {} });
      await queues.createBucket('bucket');
      for (let i = 0; ; i++) {
        await queues.handle('SendMessage', { QueueUrl: url, MessageBody: 'm' + i });
        process.stdout.write('m' + i + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    onEnd(() => void child.kill('SIGKILL'));
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.includes('m60\n')) child.kill('SIGKILL');
    }
    await exited;
    const acknowledged = printed.split('\n').slice(0, -1);
    const queues = await startTestQueues(directory);
    const { url } = await queues.createQueue({ name: 'q', attributes: {} });
    const found = new Set<string>();
    for (let batch = await receive(queues, url); batch.length > 0; batch = await receive(queues, url)) {
      for (const message of batch) found.add(message.Body);
    }
    expect(acknowledged.length).toBeGreaterThan(60);
    expect(acknowledged.filter((body) => !found.has(body))).toEqual([]);
  });

  it('stores objects in path style and honours presigned urls', async () => {
    const directory = makeDirectory();
    const queues = await startTestQueues(directory);
    await queues.createBucket('payloads');
    await queues.createBucket('payloads');
    const client = new S3Client({ endpoint: queues.endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    onEnd(() => client.destroy());
    const object = { Bucket: 'payloads', Key: 'a/b.json' };
    await client.send(new PutObjectCommand({ ...object, Body: '{"x":1}', ContentType: 'application/json' }));
    expect(await client.send(new HeadObjectCommand(object))).toMatchObject({ ContentLength: 7 });
    const signed = await getSignedUrl(client, new GetObjectCommand(object), { expiresIn: 60 });
    expect(await (await fetch(signed)).json()).toEqual({ x: 1 });
    const upload = await getSignedUrl(client, new PutObjectCommand({ ...object, Key: 'up' }), { expiresIn: 60 });
    expect((await fetch(upload, { method: 'PUT', body: 'uploaded' })).status).toBe(200);
    await client.send(new DeleteObjectCommand(object));
    await expect(client.send(new GetObjectCommand(object))).rejects.toMatchObject({ name: 'NoSuchKey' });
    const got = await client.send(new GetObjectCommand({ ...object, Key: 'up' }));
    expect(await got.Body?.transformToString()).toBe('uploaded');
  });
});
