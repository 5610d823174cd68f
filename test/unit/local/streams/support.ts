import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { type AwsCall, AwsError, type InvokeResult } from '../../../../local/contract.ts';
import { realClock } from '../../../../local/real-clock.ts';
import { createStreamSource, type StreamSource } from '../../../../local/streams/create-stream-source.ts';
import { createStreamPages } from '../../../../local/streams/stream-pages.ts';
import type { StreamSourceOptions } from '../../../../local/streams/stream-source-options.ts';

/** Is done when the test that runs has ended, the last first. A hook of this module would be that of the first file that loads it. */
export function onEnd(cleanup: () => Promise<void> | void): void {
  onTestFinished(cleanup);
}

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'streams-'));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Sends one operation to the engine. */
export async function callEngine(endpoint: string, target: string, input: object): Promise<Record<string, unknown>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify(input),
  });
  const answer = z.record(z.string(), z.unknown()).parse(await response.json());
  if (response.ok) return answer;
  throw new AwsError(String(answer['__type']).replace(/^.*#/, ''), String(answer['message']), response.status);
}

const table = {
  TableName: 'things',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
};

/** An engine with one table `things` that has a stream. */
export async function startEngine(): Promise<string> {
  const port = await findPort();
  const binary = createRequire(import.meta.url)
    .resolve('@dynoxide/linux-x64/package.json')
    .replace('package.json', 'dynoxide');
  const database = join(makeDirectory(), 'tables.db');
  const engine = spawn(binary, ['serve', '--port', String(port), '--db-path', database], { stdio: 'ignore' });
  onEnd(async () => {
    engine.kill('SIGKILL');
    if (engine.exitCode === null && engine.signalCode === null) await once(engine, 'exit');
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await callEngine(endpoint, 'DynamoDB_20120810.CreateTable', table);
      return endpoint;
    } catch (error) {
      if (attempt > 200 || error instanceof AwsError) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export const streamArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/2026-01-01T00:00:00.000';
export const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:f';

export const StreamEvent = z.looseObject({
  Records: z.array(
    z.looseObject({
      eventName: z.string(),
      dynamodb: z.looseObject({
        SequenceNumber: z.string(),
        Keys: z.looseObject({ pk: z.looseObject({ S: z.string() }) }),
      }),
    }),
  ),
});
export type StreamEvent = z.infer<typeof StreamEvent>;

/** The keys of an event's items, in order. */
export function keysOf(event: StreamEvent): string[] {
  return event.Records.map((record) => record.dynamodb.Keys.pk.S);
}

export interface StreamFixture {
  readonly endpoint: string;
  readonly sent: { readonly queueUrl: unknown; readonly body: unknown }[];
  readonly lines: string[];
  readonly actions: Set<string>;
  /** Roles that asked for records, in order. */
  readonly reads: string[];
  readonly put: (key: string, more?: object) => Promise<unknown>;
  readonly remove: (key: string) => Promise<unknown>;
  readonly start: (
    handler: (event: StreamEvent) => Promise<unknown>,
    options?: Partial<StreamSourceOptions>,
  ) => StreamSource;
}

export async function prepareStream(): Promise<StreamFixture> {
  const endpoint = await startEngine();
  const sent: { queueUrl: unknown; body: unknown }[] = [];
  const lines: string[] = [];
  const actions = new Set<string>();
  const reads: string[] = [];
  const pages = createStreamPages();
  const call: AwsCall = async ({ service, action, input, roleArn }) => {
    actions.add(`${roleArn} ${service} ${action}`);
    if (action === 'GetRecords') reads.push(roleArn);
    if (service === 'dynamodb') return callEngine(endpoint, `DynamoDBStreams_20120810.${action}`, input);
    sent.push({ queueUrl: input['QueueUrl'], body: JSON.parse(String(input['MessageBody'])) });
    return {};
  };
  const start: StreamFixture['start'] = (handler, options) => {
    const invoke = async (_arn: string, event: unknown): Promise<InvokeResult> => {
      try {
        return { payload: await handler(StreamEvent.parse(structuredClone(event))) };
      } catch (error) {
        return { payload: { errorMessage: String(error) }, functionError: 'Unhandled' };
      }
    };
    const source = createStreamSource({
      clock: realClock,
      call,
      roleArn: 'role',
      streamArn,
      pages,
      functionArn,
      invoke,
      batchSize: 100,
      maximumBatchingWindowSeconds: 0,
      startingPosition: 'TRIM_HORIZON',
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: 1,
      reportBatchItemFailures: false,
      log: (line) => lines.push(line),
      meter: { count: () => undefined },
      ...options,
    });
    onEnd(() => source.stop());
    return source;
  };
  const write = (operation: string, input: object): Promise<unknown> =>
    callEngine(endpoint, `DynamoDB_20120810.${operation}`, { TableName: 'things', ...input });
  return {
    endpoint,
    sent,
    lines,
    actions,
    reads,
    put: (key, more = {}) => write('PutItem', { Item: { pk: { S: key }, ...more } }),
    remove: (key) => write('DeleteItem', { Key: { pk: { S: key } } }),
    start,
  };
}
