import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../../local/contract.ts';
import { createQueueSource } from '../../../../local/queues/create-queue-source.ts';
import { realClock } from '../../../../local/real-clock.ts';
import { prepareSource, receive, type SqsEvent } from './support.ts';

describe('createQueueSource', () => {
  it('hands a message over in the shape of Lambda and deletes it on success, as the role of the function', async () => {
    const { queues, url, arn, calls, send, start } = await prepareSource();
    const events: SqsEvent[] = [];
    start(async (event) => void events.push(event));
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' } };
    const { MessageId } = await send('{"a":1}', { MessageAttributes, MessageGroupId: 'tenant' });
    await expect.poll(() => events.length).toBe(1);
    expect(events[0]).toEqual({
      Records: [
        {
          messageId: MessageId,
          receiptHandle: expect.any(String),
          body: '{"a":1}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
            MessageGroupId: 'tenant',
          },
          messageAttributes: {
            kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
          },
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
          eventSource: 'aws:sqs',
          eventSourceARN: arn,
          awsRegion: 'us-east-1',
        },
      ],
    });
    const counts = (): Promise<Record<string, unknown>> =>
      queues.handle('GetQueueAttributes', {
        QueueUrl: url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      });
    await expect.poll(counts).toEqual({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' },
    });
    expect(new Set(calls)).toEqual(
      new Set(['role GetQueueAttributes', 'role ReceiveMessage', 'role DeleteMessageBatch']),
    );
  });

  it('moves a poison message to the dead-letter queue after maxReceiveCount while others progress', async () => {
    const { queues, dlqUrl, send, start } = await prepareSource();
    const done: string[] = [];
    let poisoned = 0;
    start(
      async ({ Records: [record] }) => {
        if (record?.body === 'poison') {
          poisoned += 1;
          throw new Error('poison');
        }
        done.push(record?.body ?? '');
      },
      { batchSize: 1 },
    );
    await send('poison');
    for (const body of ['a', 'b', 'c']) await send(body);
    await expect.poll(() => done.toSorted()).toEqual(['a', 'b', 'c']);
    await expect
      .poll(() => receive(queues, dlqUrl), { timeout: 6000, interval: 50 })
      .toMatchObject([{ Body: 'poison' }]);
    expect(poisoned).toBe(2);
    expect(done).toHaveLength(3);
  });

  it('redelivers only the reported messages of a batch', async () => {
    const { send, start } = await prepareSource();
    const seen: string[][] = [];
    let isFirst = true;
    const bodies = ['a', 'b', 'c', 'd'];
    const sent = await Promise.all(bodies.map((body) => send(body)));
    const failing = sent[1]?.['MessageId'];
    start(
      async ({ Records }) => {
        seen.push(Records.map((record) => record.body));
        const failures = isFirst ? [{ itemIdentifier: failing }] : [];
        isFirst = false;
        return { batchItemFailures: failures };
      },
      { reportBatchItemFailures: true },
    );
    await expect.poll(() => seen, { timeout: 4000 }).toEqual([bodies, ['b']]);
  });

  it('spreads a backlog over concurrent invocations up to the limit', async () => {
    const { send, start } = await prepareSource();
    for (let i = 0; i < 12; i += 1) await send(`m${i}`);
    let running = 0;
    let most = 0;
    let done = 0;
    start(
      async ({ Records }) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        done += Records.length;
      },
      { batchSize: 2, maximumConcurrency: 3 },
    );
    await expect.poll(() => done).toBe(12);
    expect(most).toBe(3);
  });

  it('gathers up to the batch size within the window', async () => {
    const { send, start } = await prepareSource({ VisibilityTimeout: '30' });
    const sizes: number[] = [];
    start(async ({ Records }) => void sizes.push(Records.length), { batchSize: 25, maximumBatchingWindowSeconds: 1 });
    for (let i = 0; i < 30; i += 1) await send(`m${i}`);
    await expect.poll(() => sizes, { timeout: 5000 }).toEqual([25, 5]);
  });

  it('deletes messages that no filter passes', async () => {
    const { queues, url, send, start } = await prepareSource();
    const bodies: string[] = [];
    start(async ({ Records }) => void bodies.push(...Records.map((record) => record.body)), {
      filterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["wanted"]}}' }] },
    });
    await send('{"kind":"unwanted"}');
    await send('no JSON');
    await send('{"kind":"wanted"}');
    await expect.poll(() => bodies).toEqual(['{"kind":"wanted"}']);
    await expect
      .poll(() => queues.handle('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] }))
      .toMatchObject({ Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' } });
  });

  it('keeps the order of each group of a FIFO queue', async () => {
    const { send, start } = await prepareSource({ FifoQueue: 'true' }, 'work.fifo');
    const seen: string[] = [];
    for (const body of ['a1', 'b1', 'a2', 'b2', 'a3']) {
      await send(body, { MessageGroupId: body.slice(0, 1), MessageDeduplicationId: body });
    }
    start(async ({ Records }) => void seen.push(...Records.map((record) => record.body)), { batchSize: 5 });
    await expect.poll(() => seen.length).toBe(5);
    expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(seen.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2']);
  });

  it('splits what exceeds the size of an invocation', async () => {
    const { send, start } = await prepareSource();
    for (let i = 0; i < 8; i += 1) await send('x'.repeat(1_000_000));
    const sizes: number[] = [];
    start(async (event) => {
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(6_291_456);
      sizes.push(event.Records.length);
    });
    await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(8);
    expect(sizes.length).toBeGreaterThan(1);
  });

  it('delivers twice and in reverse when chaos asks for it', async () => {
    const { send, start } = await prepareSource();
    for (const body of ['a', 'b']) await send(body);
    const seen: string[] = [];
    start(async ({ Records }) => void seen.push(Records.map((record) => record.body).join('')), {
      chaos: { duplicates: () => true, reorders: () => true },
    });
    await expect.poll(() => seen).toEqual(['ba', 'ba']);
  });

  it('holds a batch back when chaos asks for it', async () => {
    const { send, start } = await prepareSource();
    await send('a');
    const waits: number[] = [];
    const due: (() => void)[] = [];
    const seen: string[] = [];
    const after = (delayMs: number, action: () => void) => {
      if (delayMs === 77) {
        waits.push(delayMs);
        due.push(action);
        return () => undefined;
      }
      return realClock.after(delayMs, action);
    };
    start(async ({ Records }) => void seen.push(...Records.map((record) => record.body)), {
      chaos: { delayMs: () => 77 },
      clock: { now: Date.now, after },
    });
    await expect.poll(() => waits).toEqual([77]);
    expect(seen).toEqual([]);
    for (const deliver of due) deliver();
    await expect.poll(() => seen).toEqual(['a']);
  });

  it('says once what keeps it from receiving, and goes on when that is over', async () => {
    const { queues, url, arn, send, start } = await prepareSource();
    const lines: string[] = [];
    const done: string[] = [];
    let refusals = 0;
    start(async ({ Records }) => void done.push(...Records.map((record) => record.body)), {
      log: (line) => lines.push(line),
      clock: { now: Date.now, after: (_ms, action) => (setTimeout(action, 1), () => undefined) },
      call: ({ action, input }) => {
        refusals += 1;
        return refusals < 4 ? Promise.reject(new Error('AccessDenied')) : queues.handle(action, input);
      },
    });
    await send('x');
    await expect.poll(() => done).toEqual(['x']);
    expect(lines).toEqual([`source ${arn}: Error: AccessDenied`]);
    expect(url).toContain('work');
  });

  it('tries a throttled batch again while its messages are hidden, without counting a reception', async () => {
    const { send, start } = await prepareSource({ VisibilityTimeout: '30' });
    const received: unknown[] = [];
    let throttles = 2;
    start(async () => undefined, {
      visibilityTimeoutSeconds: 30,
      invoke: async (_arn, event) => {
        throttles -= 1;
        if (throttles >= 0) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
        received.push(event);
        return { payload: null };
      },
    });
    await send('x');
    await expect
      .poll(() => received)
      .toMatchObject([{ Records: [{ body: 'x', attributes: { ApproximateReceiveCount: '1' } }] }]);
  });

  it('leaves a queue alone when it is disabled and once it is stopped', async () => {
    const { queues, url, calls, send, start } = await prepareSource();
    start(async () => undefined, { enabled: false });
    expect(calls).toEqual([]);
    const source = start(async () => undefined);
    await source.stop();
    await send('x');
    expect(await receive(queues, url)).toHaveLength(1);
  });

  it('refuses settings that AWS refuses', async () => {
    const { start } = await prepareSource();
    const refused = (options: Parameters<typeof start>[1]): unknown => {
      try {
        return start(async () => undefined, { enabled: false, ...options });
      } catch (error) {
        return error;
      }
    };
    for (const options of [
      { batchSize: 0 },
      { batchSize: 11 },
      { maximumBatchingWindowSeconds: 301 },
      { maximumConcurrency: 1 },
      { visibilityTimeoutSeconds: 5, functionTimeoutSeconds: 6 },
      { queueArn: 'arn:aws:sqs:us-east-1:000000000000:q.fifo', maximumBatchingWindowSeconds: 1 },
      { filterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } },
    ]) {
      expect(refused(options)).toMatchObject({ code: 'InvalidParameterValueException' });
    }
    expect(createQueueSource).toBeTypeOf('function');
  });
});
