import * as z from 'zod';
import type { Cloud } from './cloud.ts';

const contentTypes = { json: 'application/x-amz-json-1.1', form: 'application/x-www-form-urlencoded' } as const;

/** The services are told apart by the scope of a signature, which nobody checks here. */
const authorization = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

/** One request to a service of the cloud, unsigned. */
export const ask = async (
  cloud: Cloud,
  service: string,
  request: { readonly path?: string; readonly target?: string; readonly form?: string; readonly body?: string },
): Promise<string> => {
  const { path = '/', target, form, body } = request;
  const response = await fetch(`${cloud.endpoint}${path}`, {
    method: target === undefined && form === undefined ? 'GET' : 'POST',
    headers: {
      authorization: authorization(service),
      ...(target === undefined ? {} : { 'x-amz-target': target, 'content-type': contentTypes.json }),
      ...(form === undefined ? {} : { 'content-type': contentTypes.form }),
    },
    ...(target === undefined ? {} : { body: body ?? '{}' }),
    ...(form === undefined ? {} : { body: form }),
  });
  return response.text();
};

const tagValues = (text: string, tag: string): string[] =>
  [...text.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map(([, value]) => value ?? '');

const Names = z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).default([]);

/** The names in one list of an answer: its texts, or one field of its objects. */
const listed = (text: string, list: string, name = 'Name'): string[] => {
  const answer = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  return Names.parse(answer[list]).map((one) => (typeof one === 'string' ? one : z.string().parse(one[name])));
};

type Lister = (cloud: Cloud) => Promise<readonly string[]>;

/** How each kind of resource that the stack has is listed, independently of CloudFormation's own word. */
const listers: Readonly<Record<string, Lister>> = {
  stack: async (cloud) => {
    const text = await ask(cloud, 'cloudformation', { form: 'Action=DescribeStacks&Version=2010-05-15' });
    return tagValues(text, 'StackName');
  },
  function: async (cloud) =>
    listed(await ask(cloud, 'lambda', { path: '/2015-03-31/functions/' }), 'Functions', 'FunctionName'),
  'event source mapping': async (cloud) =>
    listed(await ask(cloud, 'lambda', { path: '/2015-03-31/event-source-mappings/' }), 'EventSourceMappings', 'UUID'),
  table: async (cloud) =>
    listed(await ask(cloud, 'dynamodb', { target: 'DynamoDB_20120810.ListTables' }), 'TableNames'),
  queue: async (cloud) => listed(await ask(cloud, 'sqs', { target: 'AmazonSQS.ListQueues' }), 'QueueUrls'),
  api: async (cloud) => listed(await ask(cloud, 'apigateway', { path: '/v2/apis' }), 'items', 'name'),
  'state machine': async (cloud) =>
    listed(await ask(cloud, 'states', { target: 'AWSStepFunctions.ListStateMachines' }), 'stateMachines', 'name'),
  'event bus': async (cloud) =>
    listed(await ask(cloud, 'events', { target: 'AWSEvents.ListEventBuses' }), 'EventBuses').filter(
      (name) => name !== 'default',
    ),
  rule: async (cloud) => listed(await ask(cloud, 'events', { target: 'AWSEvents.ListRules' }), 'Rules'),
  schedule: async (cloud) => listed(await ask(cloud, 'scheduler', { path: '/schedules' }), 'Schedules'),
  'log group': async (cloud) =>
    listed(await ask(cloud, 'logs', { target: 'Logs_20140328.DescribeLogGroups' }), 'logGroups', 'logGroupName'),
  alarm: async (cloud) =>
    tagValues(await ask(cloud, 'monitoring', { form: 'Action=DescribeAlarms&Version=2010-08-01' }), 'AlarmName'),
  secret: async (cloud) =>
    listed(await ask(cloud, 'secretsmanager', { target: 'secretsmanager.ListSecrets' }), 'SecretList'),
  bucket: async (cloud) => tagValues(await ask(cloud, 's3', { path: '/' }), 'Name'),
  role: async (cloud) =>
    tagValues(await ask(cloud, 'iam', { form: 'Action=ListRoles&Version=2010-05-08' }), 'RoleName'),
};

/** What exists, as `kind name`, sorted. */
export const listResources = async (cloud: Cloud): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const [kind, list] of Object.entries(listers)) {
    found.push(...(await list(cloud)).map((name) => `${kind} ${name}`));
  }
  return found.toSorted();
};
