import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { type Platform, startPlatform } from '#local/platform/start-platform.ts';
import { editAssembly, find } from '../unit/local/platform/edit-assembly.ts';
import { until } from './support/until.ts';

const Policy = z.looseObject({
  PolicyDocument: z.looseObject({
    Statement: z.array(z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) })),
  }),
});
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Subject {
  readonly platform: Platform;
  readonly lines: readonly string[];
}

/** The foreign application with one action taken out of one role's policy. */
async function startWithout(policyPrefix: string, action: string): Promise<Subject> {
  const assembly = editAssembly((template) => {
    const [, policy] = find(template, policyPrefix, '::Policy');
    const properties = Policy.parse(policy.Properties);
    let removed = 0;
    for (const statement of properties.PolicyDocument.Statement) {
      const actions = [statement.Action].flat();
      statement.Action = actions.filter((one) => one !== action);
      removed += actions.length - statement.Action.length;
    }
    if (removed !== 1) throw new Error(`${policyPrefix} has ${action} ${removed} times`);
    const kept = properties.PolicyDocument.Statement.filter((statement) => statement.Action.length > 0);
    policy.Properties = { ...properties, PolicyDocument: { ...properties.PolicyDocument, Statement: kept } };
  });
  cleanups.push(() => assembly[Symbol.dispose]());
  const lines: string[] = [];
  const log = (line: string): void => {
    lines.push(line);
  };
  const platform = await startPlatform({ assemblyDirectory: assembly.directory, port: 0, log });
  cleanups.push(() => platform.stop());
  return { platform, lines };
}

const placeOrder = ({ platform }: Subject): Promise<unknown> =>
  fetch(`${platform.http}/orders`, { method: 'POST', body: '{"customer":"ada","order":"o-1"}' });
const listOrders = ({ platform }: Subject): Promise<unknown> => fetch(`${platform.http}/orders/ada`);
const ping = ({ platform: { endpointUrl: endpoint, region, credentials } }: Subject): Promise<unknown> =>
  new EventBridgeClient({ endpoint, region, credentials }).send(
    new PutEventsCommand({ Entries: [{ Source: 'ping', DetailType: 'Ping', Detail: '{}' }] }),
  );
const say = ({ platform }: Subject): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(String(platform.outputs.SocketUrl));
    socket.on('error', reject);
    socket.on('open', () => socket.send('hello', resolve));
    cleanups.push(() => socket.terminate());
  });

/** What the platform was heard to refuse, once each: the action and the role. */
function refusals({ lines }: Subject): string[] {
  const found = lines.flatMap((line) => [
    ...line.matchAll(/assumed-role\/Shop-(\w+?Role)\w*-\w+\/local is not authorized to perform: (\S+) on resource/g),
  ]);
  return [...new Set(found.map(([, role, action]) => `${role} ${action}`))];
}

const failedRuns = async ({ platform: { endpointUrl: endpoint, region, credentials, outputs } }: Subject) => {
  const sfn = new SFNClient({ endpoint, region, credentials });
  const stateMachineArn = outputs.MachineArn;
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED' }));
  return Promise.all(
    executions.map(async ({ executionArn }) => (await sfn.send(new DescribeExecutionCommand({ executionArn }))).cause),
  );
};

describe('a template without one action of one role', () => {
  it.each([
    ['PlaceServiceRole', 'sqs:SendMessage', placeOrder],
    ['PlaceServiceRole', 'dynamodb:Query', listOrders],
    ['StoreServiceRole', 'dynamodb:PutItem', placeOrder],
    ['StoreServiceRole', 's3:PutObject', placeOrder],
    ['StoreServiceRole', 'sqs:ReceiveMessage', placeOrder],
    ['WatchServiceRole', 'events:PutEvents', placeOrder],
    ['WatchServiceRole', 'dynamodb:GetRecords', placeOrder],
    ['FulfilEventsRole', 'states:StartExecution', placeOrder],
    ['NoteServiceRole', 'secretsmanager:GetSecretValue', ping],
    ['ChatServiceRole', 'execute-api:ManageConnections', say],
  ] as const)('of %s refuses %s and nothing else', async (role, action, trigger) => {
    const subject = await startWithout(`${role}DefaultPolicy`, action);
    await trigger(subject);
    await until(`${action} is refused`, () => refusals(subject).length > 0);
    expect(refusals(subject)).toEqual([`${role} ${action}`]);
  });

  it('of FulfilRole refuses lambda:InvokeFunction, which fails the execution', async () => {
    const subject = await startWithout('FulfilRoleDefaultPolicy', 'lambda:InvokeFunction');
    await placeOrder(subject);
    const [cause] = await until('an execution fails', async () => {
      const causes = await failedRuns(subject);
      return causes.length > 0 ? causes : undefined;
    });
    expect(cause).toMatch(/Shop-FulfilRole\S+ is not authorized to perform: lambda:InvokeFunction/);
    expect(refusals(subject)).toEqual([]);
  });
});

describe('a template without an action that nothing uses', () => {
  it('refuses nothing', async () => {
    const subject = await startWithout('NoteServiceRoleDefaultPolicy', 'ssm:DescribeParameters');
    await Promise.all([placeOrder(subject), listOrders(subject), ping(subject), say(subject)]);
    const invocations = (name: string): number =>
      subject.platform.describe().functions.find((one) => one.name.includes(name))?.invocations ?? 0;
    await until(
      'every function has worked',
      () => ['Place', 'Store', 'Watch', 'Chat'].every((name) => invocations(name) > 0) && invocations('Note') > 1,
    );
    expect(subject.lines).toEqual([]);
  });
});
