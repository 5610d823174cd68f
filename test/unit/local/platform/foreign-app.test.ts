import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { type Platform, startPlatform } from '#local/platform/start-platform.ts';
import { type EditableTemplate, editAssembly, find } from './edit-assembly.ts';

// Whole platforms with cold functions: seconds alone, more beside a full test run.
vi.setConfig({ testTimeout: 60_000 });

const foreignAssembly = new URL('../../../fixtures/foreign-app/assembly', import.meta.url).pathname;
const Machine = z.looseObject({ DefinitionS3Location: z.looseObject({ Key: z.string() }) });
const Policy = z.looseObject({
  PolicyDocument: z.looseObject({
    Statement: z.array(z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) })),
  }),
});
const running: Platform[] = [];
const cleanups: (() => void)[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((platform) => platform.stop()));
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function start(assemblyDirectory = foreignAssembly): Promise<Platform & { lines: string[] }> {
  const lines: string[] = [];
  const platform = await startPlatform({ assemblyDirectory, port: 0, log: (line) => lines.push(line) });
  running.push(platform);
  return { ...platform, lines };
}

async function startEdited(edit: (template: EditableTemplate, directory: string) => void) {
  const assembly = editAssembly(edit);
  cleanups.push(() => assembly[Symbol.dispose]());
  return start(assembly.directory);
}

function settings({ endpointUrl: endpoint, region, credentials }: Platform) {
  return { endpoint, region, credentials };
}

async function auditIds(platform: Platform): Promise<string[]> {
  const dynamodb = new DynamoDBClient(settings(platform));
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: platform.outputs.AuditTable }));
  return Items.map((item) => item.id?.S ?? '').toSorted();
}

function order(platform: Platform, body: Record<string, unknown>): Promise<Response> {
  return fetch(`${platform.http}/orders`, { method: 'POST', body: JSON.stringify(body) });
}

async function stored(platform: Platform, customer: string): Promise<string[]> {
  const answer = await fetch(`${platform.http}/orders/${customer}`);
  return z.array(z.string()).parse(await answer.json());
}

async function firstOutput(platform: Platform): Promise<string | undefined> {
  const sfn = new SFNClient(settings(platform));
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: platform.outputs.MachineArn, statusFilter: 'SUCCEEDED' }),
  );
  const [execution] = executions;
  if (execution === undefined) return undefined;
  return (await sfn.send(new DescribeExecutionCommand({ executionArn: execution.executionArn }))).output;
}

describe('a foreign application', () => {
  it('runs from its HTTP API over queue, tables, stream, bus and state machine to its end', async () => {
    const platform = await start();
    expect((await order(platform, { customer: 'ada', order: 'o-1' })).status).toBe(202);
    await expect.poll(() => stored(platform, 'ada'), { timeout: 25_000 }).toEqual(['o-1']);
    await expect
      .poll(() => auditIds(platform), { timeout: 25_000 })
      .toEqual(expect.arrayContaining(['INSERT o-1', 'fulfilled o-1']));
    await expect.poll(() => firstOutput(platform), { timeout: 25_000 }).toBe('{"sent":"plain"}');
    const invoice = await new S3Client(settings(platform)).send(
      new GetObjectCommand({ Bucket: platform.outputs.InvoicesBucket, Key: 'ada/o-1.txt' }),
    );
    expect(await invoice.Body?.transformToString()).toBe('pay o-1');
    expect(platform.describe().billed).toMatchObject({
      'dynamodb.writeUnits': expect.any(Number),
      'sqs.requests': expect.any(Number),
      's3.putRequests': 1,
      'secretsmanager.requests': expect.any(Number),
      'states.transitions': 3,
    });
  });

  it('lets an event from the SDK on the default bus reach a function that the rule may invoke', async () => {
    const platform = await start();
    const events = new EventBridgeClient(settings(platform));
    const { FailedEntryCount } = await events.send(
      new PutEventsCommand({ Entries: [{ Source: 'ping', DetailType: 'Ping', Detail: '{}' }] }),
    );
    expect(FailedEntryCount).toBe(0);
    await expect.poll(() => auditIds(platform), { timeout: 25_000 }).toContain('ping');
  });

  it('answers over its WebSocket API through the management API', async () => {
    const platform = await start();
    const socket = new WebSocket(String(platform.outputs.SocketUrl));
    const answer = new Promise<string>((resolve, reject) => {
      socket.on('message', (data: Buffer) => resolve(data.toString()));
      socket.on('error', reject);
      socket.on('open', () => socket.send('hello'));
    });
    expect(await answer).toBe('you said hello');
    socket.terminate();
  });
});

describe('an edited template', () => {
  it('without a route answers 404 there', async () => {
    const platform = await startEdited((template) => {
      delete template.Resources[find(template, 'ShopApiPOSTorders', '::Route')[0]];
    });
    expect((await order(platform, { customer: 'ada', order: 'o-1' })).status).toBe(404);
    expect((await fetch(`${platform.http}/orders/ada`)).status).toBe(200);
  });

  it('without the event source mapping leaves the queue unread', async () => {
    const platform = await startEdited((template) => {
      delete template.Resources[find(template, 'StoreSqs', '::EventSourceMapping')[0]];
    });
    expect((await order(platform, { customer: 'ada', order: 'o-1' })).status).toBe(202);
    expect(platform.describe().functions.find(({ name }) => name.includes('Store'))?.invocations).toBe(0);
    expect(await stored(platform, 'ada')).toEqual([]);
  });

  it('with another target of a choice takes the other way', async () => {
    const platform = await startEdited((template, directory) => {
      const [, machine] = find(template, 'Fulfil', '::StateMachine');
      const { DefinitionS3Location: location } = Machine.parse(machine.Properties);
      const path = join(directory, `asset.${location.Key}`);
      const swapped = readFileSync(path, 'utf8')
        .replace('"Default": "Ship"', '"Default": "Wrap"')
        .replace('"Next": "Wrap"', '"Next": "Ship"');
      writeFileSync(path, swapped);
    });
    await order(platform, { customer: 'ada', order: 'o-1' });
    await expect.poll(() => firstOutput(platform), { timeout: 25_000 }).toBe('{"sent":"wrapped"}');
  });

  it('without one action of one role refuses exactly that call', async () => {
    const platform = await startEdited((template) => {
      const [, policy] = find(template, 'StoreServiceRoleDefaultPolicy', '::Policy');
      const properties = Policy.parse(policy.Properties);
      for (const statement of properties.PolicyDocument.Statement) {
        statement.Action = [statement.Action].flat().filter((action) => action !== 's3:PutObject');
      }
      policy.Properties = properties;
    });
    await order(platform, { customer: 'ada', order: 'o-1' });
    await expect
      .poll(() => platform.lines.join('\n'), { timeout: 25_000 })
      .toMatch(
        /AccessDenied: User: arn:aws:sts::000000000000:assumed-role\/Shop-StoreServiceRole\S+ is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::shop-invoices\S+\/ada\/o-1\.txt/,
      );
    expect(await stored(platform, 'ada')).toEqual(['o-1']);
  });

  it('without the right of the state machine’s role fails the execution', async () => {
    const platform = await startEdited((template) => {
      delete template.Resources[find(template, 'FulfilRoleDefaultPolicy', '::Policy')[0]];
    });
    await order(platform, { customer: 'ada', order: 'o-1' });
    const sfn = new SFNClient(settings(platform));
    const failed = async (): Promise<string | undefined> => {
      const { executions = [] } = await sfn.send(
        new ListExecutionsCommand({ stateMachineArn: platform.outputs.MachineArn, statusFilter: 'FAILED' }),
      );
      const executionArn = executions[0]?.executionArn;
      return executionArn && (await sfn.send(new DescribeExecutionCommand({ executionArn }))).cause;
    };
    await expect
      .poll(failed, { timeout: 25_000 })
      .toMatch(/assumed-role\/Shop-FulfilRole\S+ is not authorized to perform: lambda:InvokeFunction/);
  });

  it('without the permission of API Gateway answers 500', async () => {
    const platform = await startEdited((template) => {
      delete template.Resources[find(template, 'ShopApiPOSTorders', '::Permission')[0]];
    });
    expect((await order(platform, { customer: 'ada', order: 'o-1' })).status).toBe(500);
    expect(platform.lines.join('\n')).toContain('no such AWS::Lambda::Permission');
  });

  it('with a resource that cannot run is refused by name and leaves nothing behind', async () => {
    const starting = startEdited((template) => {
      template.Resources.Box = { Type: 'AWS::EC2::Instance', Properties: {} };
      template.Resources.Own = { Type: 'Custom::Thing', Properties: {} };
    });
    await expect(starting).rejects.toThrow(
      'the local platform cannot run these resources: Box (AWS::EC2::Instance), Own (Custom::Thing)',
    );
  });
});
