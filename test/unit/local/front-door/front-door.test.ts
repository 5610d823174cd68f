import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock, JsonService } from '#local/contract.ts';
import { type Engine, startEngine } from '#local/engine/start-engine.ts';
import { serviceBackend } from '#local/front-door/backend.ts';
import { CredentialRegistry, type Credentials } from '#local/front-door/credentials.ts';
import { Dispatcher } from '#local/front-door/dispatcher.ts';
import { dynamodbBackend } from '#local/front-door/dynamodb-backend.ts';
import { type FrontDoor, startFrontDoor } from '#local/front-door/front-door.ts';
import { lambdaBackend } from '#local/front-door/lambda-backend.ts';
import { S3Door } from '#local/front-door/s3-door.ts';
import { sqsBackend } from '#local/front-door/sqs-backend.ts';
import { Authorizer } from '#local/iam/authorizer.ts';
import { readPolicies } from '#local/iam/read-policies.ts';
import { createMeter } from '#local/platform/meter.ts';
import { type Queues, startQueues } from '#local/queues/start-queues.ts';
import type { StackResource } from '#local/template/load-stack.ts';

const region = 'us-east-1';
const accountId = '000000000000';
const roleArn = `arn:aws:iam::${accountId}:role/worker`;
const passedRoleArn = `arn:aws:iam::${accountId}:role/caller`;
const orders = `arn:aws:dynamodb:${region}:${accountId}:table/Orders`;

let engine: Engine;
let queues: Queues;
let door: FrontDoor;
let s3Door: S3Door;
let nowMs = 0;
const clock: Clock = { now: () => Date.now() + nowMs, after: () => () => undefined };
let meter = createMeter();
const countingMeter = { count: (unit: string, amount: number) => meter.count(unit, amount) };
const credentials = new CredentialRegistry('seed');
const worker = credentials.forRole(roleArn);

function resource(type: string, ref: string, properties: Record<string, unknown>): StackResource {
  return { logicalId: ref, type, ref, physicalId: ref, attributes: {}, properties };
}

const statements = [
  { Effect: 'Allow', Action: ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:Query'], Resource: orders },
  { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: `arn:aws:sqs:${region}:${accountId}:jobs` },
  { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'], Resource: 'arn:aws:s3:::files/open/*' },
  {
    Effect: 'Allow',
    Action: [
      'scheduler:CreateSchedule',
      'scheduler:UpdateSchedule',
      'scheduler:GetSchedule',
      'scheduler:DeleteSchedule',
    ],
    Resource: `arn:aws:scheduler:${region}:${accountId}:schedule/default/*`,
  },
  { Effect: 'Allow', Action: 'scheduler:ListSchedules', Resource: '*' },
  {
    Effect: 'Allow',
    Action: 'iam:PassRole',
    Resource: passedRoleArn,
    Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  },
  { Effect: 'Allow', Action: 'events:PutEvents', Resource: `arn:aws:events:${region}:${accountId}:event-bus/own` },
];

const seenOperations: (readonly [operation: string, input: Record<string, unknown>])[] = [];
const schedules: JsonService = {
  async handle(operation, input) {
    seenOperations.push([operation, input]);
    return {};
  },
};

const echo: JsonService = { handle: async (operation, input) => ({ operation, input }) };

beforeAll(async () => {
  [engine, queues, door] = await Promise.all([
    startEngine(),
    startQueues({ log: () => undefined }),
    startFrontDoor('127.0.0.1', 0),
  ]);
  const policies = readPolicies(
    [
      resource('AWS::IAM::Role', 'worker', {}),
      resource('AWS::IAM::Policy', 'p', { PolicyDocument: { Statement: statements }, Roles: ['worker'] }),
    ],
    { region, accountId },
  );
  const authorizer = new Authorizer(policies, accountId);
  const dispatcher = new Dispatcher(authorizer, { region, accountId, secretArn: (id) => id, stateMachineArns: [] });
  dispatcher.addBackend('dynamodb', dynamodbBackend(engine.client, countingMeter));
  dispatcher.addBackend('sqs', sqsBackend(queues, countingMeter));
  dispatcher.addBackend('events', serviceBackend(echo));
  dispatcher.addBackend('secretsmanager', serviceBackend(echo));
  const invoker = { invoke: async (_name: string, event: unknown) => ({ payload: { event } }) };
  dispatcher.addBackend('lambda', lambdaBackend(invoker, { accept: () => undefined }));
  dispatcher.addBackend('scheduler', serviceBackend(schedules));
  s3Door = new S3Door({ endpoint: queues.endpoint, authorizer, credentials, meter: countingMeter, clock });
  door.open({ dispatcher, credentials, s3: s3Door, region, accountId, connections: { handleHttp: async () => false } });
  await engine.client.call('CreateTable', {
    TableName: 'Orders',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await queues.createQueue({ name: 'jobs', attributes: {} });
  await queues.createBucket('files');
});

beforeEach(() => {
  meter = createMeter();
  nowMs = 0;
});

afterAll(async () => {
  await door?.stop();
  await Promise.all([engine?.stop(), queues?.stop()]);
});

const settings = (who: Credentials = worker) => ({ endpoint: door.url, region, credentials: who, maxAttempts: 1 });
const denied = (action: string, on: string): RegExp =>
  new RegExp(`assumed-role/worker/local is not authorized to perform: ${action} on resource: ${on}`);

describe('DynamoDB through the front door', () => {
  it('passes what the role may do and counts its units', async () => {
    const dynamodb = new DynamoDBClient(settings());
    const put = await dynamodb.send(
      new PutItemCommand({ TableName: 'Orders', Item: { id: { S: 'a' }, note: { S: '"ConsumedCapacity":{"x":1}' } } }),
    );
    expect(put.ConsumedCapacity).toBeUndefined();
    const got = await dynamodb.send(
      new GetItemCommand({ TableName: 'Orders', Key: { id: { S: 'a' } }, ConsistentRead: true }),
    );
    expect(got.Item).toEqual({ id: { S: 'a' }, note: { S: '"ConsumedCapacity":{"x":1}' } });
    expect(got.ConsumedCapacity).toBeUndefined();
    expect(meter.totals()).toEqual({ 'dynamodb.writeUnits': 1, 'dynamodb.readUnits': 1 });
  });

  it('leaves the consumed capacity in the answer of a client that asks for it', async () => {
    const dynamodb = new DynamoDBClient(settings());
    const { ConsumedCapacity } = await dynamodb.send(
      new PutItemCommand({
        TableName: 'Orders',
        Item: { id: { S: 'b' }, v: { S: 'x'.repeat(1500) } },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    expect(ConsumedCapacity).toMatchObject({ TableName: 'Orders', CapacityUnits: 2 });
    expect(meter.totals()).toEqual({ 'dynamodb.writeUnits': 2 });
  });

  it('passes a failed condition with the loser’s item and counts it', async () => {
    const dynamodb = new DynamoDBClient(settings());
    const put = (): Promise<unknown> =>
      dynamodb.send(
        new PutItemCommand({
          TableName: 'Orders',
          Item: { id: { S: 'c' } },
          ConditionExpression: 'attribute_not_exists(id)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
    await put();
    await expect(put()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: { id: { S: 'c' } } });
    expect(meter.totals()).toEqual({ 'dynamodb.writeUnits': 2 });
  });

  it('refuses another table, an index, and the one action of a transaction that is not allowed', async () => {
    const dynamodb = new DynamoDBClient(settings());
    const elsewhere = dynamodb.send(new GetItemCommand({ TableName: 'Others', Key: { id: { S: 'a' } } }));
    await expect(elsewhere).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(
      dynamodb.send(new QueryCommand({ TableName: 'Orders', IndexName: 'byDay', KeyConditionExpression: 'd = :d' })),
    ).rejects.toThrow(denied('dynamodb:Query', `${orders}/index/byDay`));
    await expect(
      dynamodb.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: 'Orders', Item: { id: { S: 'd' } } } },
            { Delete: { TableName: 'Orders', Key: { id: { S: 'a' } } } },
          ],
        }),
      ),
    ).rejects.toThrow(denied('dynamodb:DeleteItem', orders));
    expect(meter.totals()).toEqual({});
  });

  it('refuses an access key that nobody has', async () => {
    const stranger = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x', sessionToken: '' };
    const get = new DynamoDBClient(settings(stranger)).send(
      new GetItemCommand({ TableName: 'Orders', Key: { id: { S: 'a' } } }),
    );
    await expect(get).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  it('lets the developer do everything', async () => {
    const dynamodb = new DynamoDBClient(settings(credentials.forDeveloper()));
    const get = dynamodb.send(new GetItemCommand({ TableName: 'Nowhere', Key: { id: { S: 'a' } } }));
    await expect(get).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('SQS through the front door', () => {
  const QueueUrl = (): string => `${door.url}/${accountId}/jobs`;

  it('sends, counts each 64 KB, and needs one permission for single and batch', async () => {
    const sqs = new SQSClient(settings());
    await sqs.send(new SendMessageCommand({ QueueUrl: QueueUrl(), MessageBody: 'x'.repeat(100_000) }));
    expect(meter.totals()).toEqual({ 'sqs.requests': 2 });
    const batch = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: QueueUrl(), Entries: [{ Id: '1', MessageBody: 'one' }] }),
    );
    expect(batch.Successful).toHaveLength(1);
  });

  it('refuses what the role may not do by SQS’s own name', async () => {
    const receive = new SQSClient(settings()).send(new ReceiveMessageCommand({ QueueUrl: QueueUrl() }));
    await expect(receive).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(denied('sqs:ReceiveMessage', '')),
    });
  });

  it('passes the service’s own errors', async () => {
    const sqs = new SQSClient(settings(credentials.forDeveloper()));
    const send = sqs.send(new SendMessageCommand({ QueueUrl: `${door.url}/${accountId}/none`, MessageBody: 'x' }));
    await expect(send).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

describe('other JSON services', () => {
  it('checks each bus that PutEvents names', async () => {
    const events = new EventBridgeClient(settings());
    const entry = { Source: 's', DetailType: 'd', Detail: '{}' };
    await expect(
      events.send(new PutEventsCommand({ Entries: [{ ...entry, EventBusName: 'own' }] })),
    ).resolves.toBeDefined();
    await expect(
      events.send(new PutEventsCommand({ Entries: [{ ...entry, EventBusName: 'own' }, entry] })),
    ).rejects.toThrow(/events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus\/default/);
  });

  it('refuses a secret that the role may not read', async () => {
    const get = new SecretsManagerClient(settings()).send(new GetSecretValueCommand({ SecretId: 'arn:secret' }));
    await expect(get).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('EventBridge Scheduler through the front door', () => {
  const target = { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f', RoleArn: roleArn };
  const schedule = (more: { Name: string; GroupName?: string; RoleArn?: string }) => ({
    Name: more.Name,
    GroupName: more.GroupName,
    ScheduleExpression: 'rate(1 hour)',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    Target: { ...target, RoleArn: more.RoleArn ?? passedRoleArn },
  });
  const scheduler = (): SchedulerClient => new SchedulerClient(settings());

  it('carries each operation with what its address says', async () => {
    const client = scheduler();
    await expect(client.send(new CreateScheduleCommand(schedule({ Name: 'a.b' })))).resolves.toBeDefined();
    await expect(client.send(new UpdateScheduleCommand(schedule({ Name: 'a.b' })))).resolves.toBeDefined();
    const seen = seenOperations.splice(0);
    expect(seen).toMatchObject([
      ['CreateSchedule', { Name: 'a.b', ScheduleExpression: 'rate(1 hour)', ClientToken: expect.any(String) }],
      ['UpdateSchedule', { Name: 'a.b', Target: { RoleArn: passedRoleArn } }],
    ]);
    await client.send(new GetScheduleCommand({ Name: 'a.b', GroupName: 'default' }));
    await client.send(new DeleteScheduleCommand({ Name: 'a.b' }));
    await client.send(new ListSchedulesCommand({ GroupName: 'g', NamePrefix: 'a', MaxResults: 7, State: 'ENABLED' }));
    expect(seenOperations.splice(0)).toEqual([
      ['GetSchedule', { Name: 'a.b', GroupName: 'default' }],
      ['DeleteSchedule', { Name: 'a.b', ClientToken: expect.any(String) }],
      ['ListSchedules', { GroupName: 'g', NamePrefix: 'a', MaxResults: '7', State: 'ENABLED' }],
    ]);
  });

  it('refuses another group, another operation and a role that may not be passed', async () => {
    const client = scheduler();
    const elsewhere = client.send(new CreateScheduleCommand(schedule({ Name: 'a', GroupName: 'other' })));
    await expect(elsewhere).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
      message: expect.stringMatching(
        denied('scheduler:CreateSchedule', 'arn:aws:scheduler:us-east-1:000000000000:schedule/other/a'),
      ),
    });
    const strange = client.send(new CreateScheduleCommand(schedule({ Name: 'a', RoleArn: roleArn })));
    await expect(strange).rejects.toThrow(denied('iam:PassRole', roleArn));
    await expect(client.send(new ListScheduleGroupsCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
    expect(seenOperations).toEqual([]);
  });
});

describe('S3 through the front door', () => {
  const key = { Bucket: 'files', Key: 'open/a b+ü.txt' };

  it('puts and gets where the role may, by path and by host name', async () => {
    const s3 = new S3Client(settings());
    await s3.send(new PutObjectCommand({ ...key, Body: 'by path' }));
    expect(await (await s3.send(new GetObjectCommand(key))).Body?.transformToString()).toBe('by path');
    const url = new URL(await getSignedUrl(s3, new GetObjectCommand(key)));
    expect(url.pathname.startsWith('/files/open/')).toBe(true);
    expect(meter.totals()).toEqual({ 's3.putRequests': 1, 's3.getRequests': 1 });
  });

  it('refuses other keys and other actions', async () => {
    const s3 = new S3Client(settings());
    await expect(s3.send(new PutObjectCommand({ Bucket: 'files', Key: 'shut/a', Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(s3.send(new DeleteObjectCommand(key))).rejects.toThrow(
      /s3:DeleteObject on resource: arn:aws:s3:::files\/open\//,
    );
  });

  it('does not tell who may not list that a key is missing', async () => {
    const missing = new GetObjectCommand({ Bucket: 'files', Key: 'open/missing' });
    await expect(new S3Client(settings()).send(missing)).rejects.toMatchObject({ name: 'AccessDenied' });
    const developer = new S3Client(settings(credentials.forDeveloper()));
    await expect(developer.send(missing)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('refuses a request without any signature', async () => {
    const answer = await fetch(`${door.url}/files/open/a`);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
  });

  it('carries 5 MB both ways', async () => {
    const s3 = new S3Client(settings());
    const body = Buffer.alloc(5_000_000, 'muster');
    await s3.send(new PutObjectCommand({ Bucket: 'files', Key: 'open/large', Body: body }));
    const got = await s3.send(new GetObjectCommand({ Bucket: 'files', Key: 'open/large' }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });
});

describe('presigned urls', () => {
  const object = { Bucket: 'files', Key: 'open/presigned.txt' };
  const sign = (command: GetObjectCommand | PutObjectCommand, expiresIn = 60): Promise<string> =>
    getSignedUrl(new S3Client(settings()), command, { expiresIn });

  it('let anybody who holds one put and get', async () => {
    const put = await fetch(await sign(new PutObjectCommand(object)), { method: 'PUT', body: 'payload' });
    expect(put.status).toBe(200);
    const get = await fetch(await sign(new GetObjectCommand(object)));
    expect([get.status, await get.text()]).toEqual([200, 'payload']);
  });

  it('take a body of any type, also of the one that curl and urllib give every body', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const put = await fetch(await sign(new PutObjectCommand(object)), { method: 'PUT', body: '{"a":1}', headers });
    expect(put.status).toBe(200);
    const got = await fetch(await sign(new GetObjectCommand(object)));
    expect(await got.text()).toBe('{"a":1}');
  });

  it('hold the signer to what its role may do', async () => {
    const answer = await fetch(await sign(new GetObjectCommand({ Bucket: 'files', Key: 'shut/x' })));
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('s3:GetObject')]);
  });

  it('end with their expiry', async () => {
    const url = await sign(new GetObjectCommand(object), 60);
    nowMs = 61_000;
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  it.each([
    ['key', (url: URL) => url.pathname.replace('presigned', 'other'), 'pathname'],
    ['expiry', (url: URL) => url.search.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000'), 'search'],
    ['signature', (url: URL) => url.search.replace(/X-Amz-Signature=\w{4}/, 'X-Amz-Signature=0000'), 'search'],
  ] as const)('are refused with another %s', async (_name, change, part) => {
    const url = new URL(await sign(new GetObjectCommand(object)));
    url[part] = change(url);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
  });

  it('are refused with another method', async () => {
    const answer = await fetch(await sign(new GetObjectCommand(object)), { method: 'PUT', body: 'x' });
    expect(answer.status).toBe(403);
  });
});

describe('bad requests', () => {
  const post = (target: string, body: string): Promise<Response> =>
    fetch(door.url, {
      method: 'POST',
      body,
      headers: {
        'x-amz-target': target,
        authorization: `AWS4-HMAC-SHA256 Credential=${worker.accessKeyId}/20240101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=x`,
      },
    });

  it.each([
    ['an unknown service', 'Kinesis_20131202.PutRecord', '{}', 'UnknownOperationException'],
    ['a body that is not JSON', 'DynamoDB_20120810.GetItem', '{"TableName":', 'SerializationException'],
    ['no table', 'DynamoDB_20120810.GetItem', '{}', 'ValidationException'],
    [
      'PartiQL',
      'DynamoDB_20120810.ExecuteStatement',
      '{"Statement":"x","TableName":"Orders"}',
      'AccessDeniedException',
    ],
  ])('answers %s with a named error', async (_name, target, body, code) => {
    const answer = await post(target, body);
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, code]);
    expect(await answer.text()).toContain(`#${code}"`);
  });
});
