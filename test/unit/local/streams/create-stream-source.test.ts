import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { functionArn, keysOf, makeDirectory, onEnd, prepareStream, type StreamEvent, streamArn } from './support.ts';

const onFailureQueueArn = 'arn:aws:sqs:us-east-1:000000000000:failed';

describe('createStreamSource', () => {
  it('hands records over in order and in the shape of Lambda, as the role of the function', async () => {
    const { put, remove, start, actions } = await prepareStream();
    await put('a', { n: { N: '1' } });
    await put('a', { n: { N: '2' } });
    await remove('a');
    const events: StreamEvent[] = [];
    start(async (event) => void events.push(event));
    await expect.poll(() => events.flatMap((event) => event.Records)).toHaveLength(3);
    const records = events.flatMap((event) => event.Records);
    const shape = (eventName: string, sequenceNumber: string, images: object): object => ({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName,
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { pk: { S: 'a' } },
        ...images,
        SequenceNumber: sequenceNumber,
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: streamArn,
    });
    const one = { pk: { S: 'a' }, n: { N: '1' } };
    const two = { pk: { S: 'a' }, n: { N: '2' } };
    expect(records).toEqual([
      shape('INSERT', '1', { NewImage: one }),
      shape('MODIFY', '2', { NewImage: two, OldImage: one }),
      shape('REMOVE', '3', { OldImage: two }),
    ]);
    expect(new Set(records.map((record) => record['eventID'])).size).toBe(3);
    expect([...actions].toSorted()).toEqual([
      'role dynamodb DescribeStream',
      'role dynamodb GetRecords',
      'role dynamodb GetShardIterator',
      'role dynamodb ListStreams',
    ]);
  });

  it('invokes with what passes the filters only', async () => {
    const { put, start } = await prepareStream();
    const seen: string[] = [];
    const Pattern = JSON.stringify({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { kind: { S: [{ prefix: 'w' }] } } },
    });
    start(async (event) => void seen.push(...keysOf(event)), { filterCriteria: { Filters: [{ Pattern }] } });
    await put('a', { kind: { S: 'wanted' } });
    await put('b', { kind: { S: 'other' } });
    await put('a', { kind: { S: 'wanted' }, again: { BOOL: true } });
    await put('c', { kind: { S: 'w' } });
    await expect.poll(() => seen).toEqual(['a', 'c']);
  });

  it('bisects until the poisoned record stands alone, discards it and goes on', async () => {
    const { put, start, sent } = await prepareStream();
    const keys = Array.from({ length: 8 }, (_, i) => `k${i}`);
    for (const key of keys) await put(key);
    const done: string[] = [];
    let poisonedAlone = 0;
    start(
      async (event) => {
        const batch = keysOf(event);
        if (batch.includes('k5')) {
          if (batch.length === 1) poisonedAlone += 1;
          throw new Error('poison');
        }
        done.push(...batch);
      },
      { bisectBatchOnFunctionError: true, onFailureQueueArn },
    );
    await put('after');
    await expect.poll(() => done, { timeout: 5000 }).toEqual([...keys.filter((key) => key !== 'k5'), 'after']);
    expect(poisonedAlone).toBe(2);
    expect(sent).toEqual([
      {
        queueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/failed',
        body: {
          requestContext: {
            requestId: expect.any(String),
            functionArn,
            condition: 'RetryAttemptsExhausted',
            approximateInvokeCount: 2,
          },
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          version: '1.0',
          timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
          DDBStreamBatchInfo: {
            shardId: expect.stringMatching(/^shardId-/),
            startSequenceNumber: '6',
            endSequenceNumber: '6',
            approximateArrivalOfFirstRecord: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
            approximateArrivalOfLastRecord: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
            batchSize: 1,
            streamArn,
          },
        },
      },
    ]);
  });

  it('continues at the lowest reported failure', async () => {
    const { put, start } = await prepareStream();
    for (const key of ['a', 'b', 'c', 'd']) await put(key);
    const batches: string[][] = [];
    start(
      async (event) => {
        batches.push(keysOf(event));
        if (batches.length > 1) return { batchItemFailures: [] };
        const failed = [event.Records[3], event.Records[1]].map((record) => record?.dynamodb.SequenceNumber);
        return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
      },
      { reportBatchItemFailures: true },
    );
    await expect
      .poll(() => batches)
      .toEqual([
        ['a', 'b', 'c', 'd'],
        ['b', 'c', 'd'],
      ]);
  });

  it('splits at the reported record when it may bisect, and counts no retry for that', async () => {
    const { put, start, sent } = await prepareStream();
    for (const key of ['a', 'b', 'c', 'd']) await put(key);
    const batches: string[] = [];
    start(
      async (event) => {
        batches.push(keysOf(event).join(''));
        const failed = event.Records.find((record) => record.dynamodb.Keys.pk.S === 'c');
        return { batchItemFailures: failed ? [{ itemIdentifier: failed.dynamodb.SequenceNumber }] : [] };
      },
      { reportBatchItemFailures: true, bisectBatchOnFunctionError: true, maximumRetryAttempts: 0, onFailureQueueArn },
    );
    await expect.poll(() => batches).toEqual(['abcd', 'cd', 'c', 'd']);
    expect(sent).toMatchObject([{ body: { DDBStreamBatchInfo: { startSequenceNumber: '3', batchSize: 1 } } }]);
  });

  it('repeats a whole batch when the function fails, and discards it after the last retry', async () => {
    const { put, start, sent } = await prepareStream();
    await put('a');
    await put('b');
    const batches: string[][] = [];
    start(
      async (event) => {
        batches.push(keysOf(event));
        if (keysOf(event).includes('a')) throw new Error('no');
      },
      { maximumRetryAttempts: 2, onFailureQueueArn, batchSize: 2 },
    );
    await put('c');
    await expect.poll(() => batches, { timeout: 4000 }).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['c']]);
    expect(sent).toMatchObject([
      {
        body: {
          requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
          DDBStreamBatchInfo: { startSequenceNumber: '1', endSequenceNumber: '2', batchSize: 2 },
        },
      },
    ]);
  });

  it('discards records beyond the maximum age without trying them', async () => {
    const { put, start, sent } = await prepareStream();
    await put('a');
    const seen: string[] = [];
    const later = Date.now() + 100_000;
    start(async (event) => void seen.push(...keysOf(event)), {
      clock: { now: () => later, after: (ms, action) => (setTimeout(action, ms).unref(), () => undefined) },
      maximumRecordAgeSeconds: 60,
      onFailureQueueArn,
    });
    await expect
      .poll(() => sent)
      .toMatchObject([{ body: { requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 } } }]);
    expect(seen).toEqual([]);
  });

  it('starts at the latest record when told so, and keeps that place across a restart', async () => {
    const { put, start } = await prepareStream();
    const positionsDatabasePath = join(makeDirectory(), 'positions.db');
    for (let i = 0; i < 12; i += 1) await put(`old${i}`);
    const seen: string[] = [];
    const handler = async (event: StreamEvent): Promise<void> => void seen.push(...keysOf(event));
    const options = { startingPosition: 'LATEST', positionsDatabasePath } as const;
    const { DatabaseSync } = await import('node:sqlite');
    const first = start(handler, options);
    const database = new DatabaseSync(positionsDatabasePath);
    onEnd(() => database.close());
    await expect
      .poll(() => database.prepare('SELECT sequence_number FROM stream_positions').all())
      .toMatchObject([{ sequence_number: '12' }]);
    await first.stop();
    await put('while away');
    start(handler, options);
    await put('new');
    await expect.poll(() => seen).toEqual(['while away', 'new']);
  });

  it('does not take a batch for done that stopping interrupts', async () => {
    const { put, start } = await prepareStream();
    const positionsDatabasePath = join(makeDirectory(), 'positions.db');
    for (const key of ['a', 'b', 'c', 'd']) await put(key);
    const first: string[] = [];
    const source = start(
      async (event) => {
        first.push(...keysOf(event));
        if (first.length > 2) {
          void source.stop();
          throw new Error('killed by the stop');
        }
      },
      { batchSize: 2, positionsDatabasePath, maximumRetryAttempts: 0 },
    );
    await expect.poll(() => first).toEqual(['a', 'b', 'c', 'd']);
    await source.stop();
    const second: string[] = [];
    start(async (event) => void second.push(...keysOf(event)), { positionsDatabasePath });
    await expect.poll(() => second).toEqual(['c', 'd']);
  });

  it('resumes after its process is killed, without skipping a record', async () => {
    const { endpoint, put, start } = await prepareStream();
    const positionsDatabasePath = join(makeDirectory(), 'positions.db');
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    for (const key of keys) await put(key);
    const at = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
    const program = `
      const { createStreamSource } = await import(${at('../../../../local/streams/create-stream-source.ts')});
      const { realClock } = await import(${at('../../../../local/real-clock.ts')});
      const call = async ({ action, input }) => (await fetch(${JSON.stringify(endpoint)}, { method: 'POST', headers: {
        'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDBStreams_20120810.' + action,
        'x-amz-date': '20260101T000000Z', authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
      }, body: JSON.stringify(input) })).json();
      createStreamSource({ clock: realClock, call, roleArn: 'r', streamArn: ${JSON.stringify(streamArn)},
        functionArn: ${JSON.stringify(functionArn)}, batchSize: 3, maximumBatchingWindowSeconds: 0, startingPosition: 'TRIM_HORIZON',
        bisectBatchOnFunctionError: false, maximumRetryAttempts: 1, reportBatchItemFailures: false,
        positionsDatabasePath: ${JSON.stringify(positionsDatabasePath)}, log: console.error, meter: { count() {} },
        async invoke(arn, event) {
          for (const record of event.Records) process.stdout.write(record.dynamodb.Keys.pk.S + '\\n');
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { payload: null };
        } });
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onEnd(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.split('\n').length > 20) child.kill('SIGKILL');
    }
    await exited;
    const before = printed.split('\n').slice(0, -1);
    const after: string[] = [];
    start(async (event) => void after.push(...keysOf(event)), { positionsDatabasePath, batchSize: 3 });
    await expect.poll(() => after.at(-1)).toBe('k59');
    expect(before.length).toBeLessThan(60);
    expect([...new Set([...before, ...after])]).toEqual(keys);
    // At most the batch in hand comes twice.
    expect(before.length + after.length).toBeLessThanOrEqual(63);
  });

  it('waits for a full batch no longer than the window', async () => {
    const { put, start } = await prepareStream();
    const sizes: number[] = [];
    for (let i = 0; i < 5; i += 1) await put(`k${i}`);
    start(async (event) => void sizes.push(event.Records.length), { batchSize: 3, maximumBatchingWindowSeconds: 1 });
    await expect.poll(() => sizes).toEqual([3]);
    await put('k5');
    await expect.poll(() => sizes).toEqual([3, 3]);
    await put('k6');
    await expect.poll(() => sizes, { timeout: 3000 }).toEqual([3, 3, 1]);
  });

  it('looks at once when it is woken', async () => {
    const { put, start } = await prepareStream();
    const pauses: (() => void)[] = [];
    const seen: string[] = [];
    const source = start(async (event) => void seen.push(...keysOf(event)), {
      clock: { now: Date.now, after: (_ms, action) => (pauses.push(action), () => undefined) },
    });
    onEnd(() => {
      const timer = setInterval(() => pauses.splice(0).forEach((resume) => resume()), 1);
      timer.unref();
    });
    await put('a');
    await expect.poll(() => (source.wake(), seen)).toEqual(['a']);
  });

  it('refuses settings that AWS refuses and destinations it cannot reach', async () => {
    const { start } = await prepareStream();
    for (const options of [
      { batchSize: 0 },
      { maximumRetryAttempts: -2 },
      { parallelizationFactor: 11 },
      { filterCriteria: { Filters: [{ Pattern: '{"a":1}' }] } },
      { onFailureQueueArn: 'arn:aws:sns:us-east-1:000000000000:topic' },
    ]) {
      expect(() => start(async () => undefined, options)).toThrow(
        expect.objectContaining({ code: 'InvalidParameterValueException' }),
      );
    }
  });
});
