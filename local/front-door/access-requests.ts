import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { AccessRequest } from '../iam/authorizer.ts';
import { streamLabel } from '../template/identity.ts';
import { isObject, type JsonObject } from '../template/json.ts';

/** What the mapping from operations to permissions must know of the stack. */
export interface Directory {
  readonly region: string;
  readonly accountId: string;
  /** The arn of a secret by its name, arn or partial arn. */
  secretArn(id: string): string;
  readonly stateMachineArns: readonly string[];
}

/** Permissions an operation needs. All of `all`; and, when there are any, at least one of `any`. */
export interface AccessNeeds {
  readonly all: readonly AccessRequest[];
  readonly any?: readonly AccessRequest[];
}

type Needs = (action: string, input: JsonObject, directory: Directory) => AccessNeeds;

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new AwsError('ValidationException', `1 validation error detected: ${name} must be given as a string`);
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function one(action: string, resource: string): AccessNeeds {
  return { all: [{ action, resource }] };
}

function arn(service: string, directory: Directory, resource: string): string {
  return `arn:aws:${service}:${directory.region}:${directory.accountId}:${resource}`;
}

function tableArn(value: unknown, directory: Directory): string {
  const name = text(value, 'TableName');
  return name.startsWith('arn:') ? name : arn('dynamodb', directory, `table/${name}`);
}

const transactionActions: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
  Get: 'dynamodb:GetItem',
};

function transactionNeeds(input: JsonObject, directory: Directory): AccessNeeds {
  const all = objects(input.TransactItems).flatMap((item) =>
    Object.entries(item).map(([kind, operation]) => ({
      action: transactionActions[kind] ?? `dynamodb:${kind}`,
      resource: tableArn(isObject(operation) ? operation.TableName : undefined, directory),
    })),
  );
  return { all };
}

const streamReads: ReadonlySet<string> = new Set(['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams']);

const ShardIterator = z.looseObject({ table_name: z.string() });

/** The stream a request reads: named, or inside the engine's iterator, which is JSON in base64. */
function streamArn(input: JsonObject, directory: Directory): string {
  if (typeof input.StreamArn === 'string') return input.StreamArn;
  if (input.TableName !== undefined) return `${tableArn(input.TableName, directory)}/stream/${streamLabel}`;
  const iterator = Buffer.from(text(input.ShardIterator, 'ShardIterator'), 'base64').toString();
  const parsed = z.string().transform(readJson).pipe(ShardIterator).safeParse(iterator);
  if (!parsed.success) throw new AwsError('ValidationException', 'Invalid ShardIterator');
  return `${tableArn(parsed.data.table_name, directory)}/stream/${streamLabel}`;
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const dynamodbNeeds: Needs = (action, input, directory) => {
  if (action.startsWith('Transact')) return transactionNeeds(input, directory);
  if (action === 'BatchGetItem' || action === 'BatchWriteItem') {
    const tables = isObject(input.RequestItems) ? Object.keys(input.RequestItems) : [];
    return { all: tables.map((table) => ({ action: `dynamodb:${action}`, resource: tableArn(table, directory) })) };
  }
  if (action === 'ListTables') return one('dynamodb:ListTables', '*');
  if (action === 'ListStreams' && input.TableName === undefined) return one('dynamodb:ListStreams', '*');
  if (streamReads.has(action)) return one(`dynamodb:${action}`, streamArn(input, directory));
  const table = tableArn(input.TableName, directory);
  const resource = typeof input.IndexName === 'string' ? `${table}/index/${input.IndexName}` : table;
  return one(`dynamodb:${action}`, resource);
};

const sqsNeeds: Needs = (action, input, directory) => {
  if (action === 'ListQueues') return one('sqs:ListQueues', '*');
  const name = typeof input.QueueUrl === 'string' ? input.QueueUrl.split('/').at(-1) : input.QueueName;
  return one(`sqs:${action.replace(/Batch$/, '')}`, arn('sqs', directory, text(name, 'QueueUrl')));
};

const statesNeeds: Needs = (action, input, directory) => {
  const permission = `states:${action}`;
  if (action.startsWith('SendTask')) {
    // A token does not say whose it is; whoever may answer some machine of the stack may answer this one.
    return { all: [], any: directory.stateMachineArns.map((resource) => ({ action: permission, resource })) };
  }
  const resource = input.executionArn ?? input.stateMachineArn;
  return one(permission, typeof resource === 'string' ? resource : '*');
};

const eventsNeeds: Needs = (action, input, directory) => {
  if (action !== 'PutEvents') return one(`events:${action}`, '*');
  const buses = objects(input.Entries).map((entry) => {
    const name = typeof entry.EventBusName === 'string' ? entry.EventBusName : 'default';
    return name.startsWith('arn:') ? name : arn('events', directory, `event-bus/${name}`);
  });
  return { all: [...new Set(buses)].map((resource) => ({ action: 'events:PutEvents', resource })) };
};

const secretsNeeds: Needs = (action, input, directory) => {
  const permission = `secretsmanager:${action}`;
  if (action === 'ListSecrets') return one(permission, '*');
  const id = action === 'CreateSecret' ? text(input.Name, 'Name') : text(input.SecretId, 'SecretId');
  return one(permission, directory.secretArn(id));
};

const ssmNeeds: Needs = (action, input, directory) => {
  const names = Array.isArray(input.Names) ? input.Names : [input.Name ?? input.Path];
  const all = names.map((name) => ({
    action: `ssm:${action}`,
    resource: arn('ssm', directory, `parameter/${text(name, 'Name').replace(/^\//, '')}`),
  }));
  return { all };
};

const lambdaNeeds: Needs = (action, input, directory) => {
  const given = text(input.FunctionName, 'FunctionName');
  const name = given.split(':function:').at(-1) ?? given;
  const permission = action === 'Invoke' ? 'lambda:InvokeFunction' : `lambda:${action}`;
  return one(permission, arn('lambda', directory, `function:${name}`));
};

const schedulerNeeds: Needs = (action, input, directory) => {
  const permission = `scheduler:${action}`;
  if (action === 'ListSchedules') return one(permission, '*');
  const group = typeof input.GroupName === 'string' ? input.GroupName : 'default';
  const resource = arn('scheduler', directory, `schedule/${group}/${text(input.Name, 'Name')}`);
  const target = isObject(input.Target) ? input.Target : {};
  if (typeof target.RoleArn !== 'string') return one(permission, resource);
  const context = { 'iam:passedtoservice': 'scheduler.amazonaws.com' };
  return {
    all: [
      { action: permission, resource },
      { action: 'iam:PassRole', resource: target.RoleArn, context },
    ],
  };
};

const needs: Readonly<Record<string, Needs>> = {
  dynamodb: dynamodbNeeds,
  events: eventsNeeds,
  lambda: lambdaNeeds,
  scheduler: schedulerNeeds,
  secretsmanager: secretsNeeds,
  sqs: sqsNeeds,
  ssm: ssmNeeds,
  states: statesNeeds,
};

/** Which permissions an operation needs, on which resources. */
export function accessNeeds(service: string, action: string, input: JsonObject, directory: Directory): AccessNeeds {
  const map = needs[service];
  if (map === undefined) {
    throw new AwsError('UnknownOperationException', `the local platform has no service ${service}`);
  }
  return map(action, input, directory);
}
