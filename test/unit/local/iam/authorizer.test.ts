import { describe, expect, it } from 'vitest';
import { Authorizer, type Principal } from '#local/iam/authorizer.ts';
import { PolicyError } from '#local/iam/errors.ts';
import { grantLine, grantsOf, type RoleGrant, readPolicies } from '#local/iam/read-policies.ts';
import type { StackResource } from '#local/template/load-stack.ts';

const place = { region: 'us-east-1', accountId: '000000000000' };
const roleArn = 'arn:aws:iam::000000000000:role/worker';
const worker: Principal = { kind: 'role', arn: roleArn };
const tableArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/Orders';

function resource(type: string, ref: string, properties: Record<string, unknown>): StackResource {
  return { logicalId: `Logical${ref}`, type, ref, physicalId: ref, attributes: {}, properties };
}

function authorizer(...resources: readonly StackResource[]): Authorizer {
  return new Authorizer(readPolicies([resource('AWS::IAM::Role', 'worker', {}), ...resources], place), place.accountId);
}

function policy(...statements: readonly Record<string, unknown>[]): StackResource {
  return resource('AWS::IAM::Policy', 'own', { PolicyDocument: { Statement: statements }, Roles: ['worker'] });
}

const allow = (more: Record<string, unknown>): Record<string, unknown> => ({ Effect: 'Allow', ...more });

describe('the trust of a role', () => {
  const service = {
    name: 'scheduler.amazonaws.com',
    sourceArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/g',
  };
  const trusts = (...statements: readonly Record<string, unknown>[]): boolean => {
    const document = { Statement: statements };
    const role = resource('AWS::IAM::Role', 'trusting', { AssumeRolePolicyDocument: document });
    return authorizer(role).trusts('arn:aws:iam::000000000000:role/trusting', service);
  };
  const assume = { Action: 'sts:AssumeRole', Principal: { Service: 'scheduler.amazonaws.com' } };

  it.each([
    ['the service', allow(assume), true],
    ['another service', allow({ ...assume, Principal: { Service: 'lambda.amazonaws.com' } }), false],
    ['another action', allow({ ...assume, Action: 'sts:TagSession' }), false],
    ['this account', allow({ ...assume, Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } } }), true],
    ['another account', allow({ ...assume, Condition: { StringEquals: { 'aws:SourceAccount': '1' } } }), false],
    ['another group', allow({ ...assume, Condition: { ArnLike: { 'aws:SourceArn': '*/other' } } }), false],
  ])('is asked for %s', (_name, statement, expected) => {
    expect(trusts(statement)).toBe(expected);
  });

  it('ends with an explicit deny, and does not exist for a role of another stack', () => {
    expect(trusts(allow(assume), { ...assume, Effect: 'Deny' })).toBe(false);
    expect(authorizer().trusts('arn:aws:iam::000000000000:role/strange', service)).toBe(false);
  });
});

describe('Authorizer', () => {
  it('allows nothing to a role without policies', () => {
    expect(authorizer().decide(worker, { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:::q' })).toBe('not allowed');
  });

  it.each([
    ['the very action', { Action: 'dynamodb:PutItem', Resource: tableArn }, 'allowed'],
    ['another action', { Action: 'dynamodb:GetItem', Resource: tableArn }, 'not allowed'],
    ['another resource', { Action: 'dynamodb:PutItem', Resource: `${tableArn}2` }, 'not allowed'],
    ['an index only', { Action: 'dynamodb:PutItem', Resource: `${tableArn}/index/*` }, 'not allowed'],
    ['a wildcard in the action, whatever its case', { Action: 'DynamoDB:put*', Resource: '*' }, 'allowed'],
    ['a question mark', { Action: 'dynamodb:PutIte?', Resource: '*' }, 'allowed'],
    ['a list', { Action: ['sqs:*', 'dynamodb:*'], Resource: [tableArn] }, 'allowed'],
    ['NotAction of another', { NotAction: 'sqs:*', Resource: '*' }, 'allowed'],
    ['NotAction of this', { NotAction: 'dynamodb:*', Resource: '*' }, 'not allowed'],
    ['NotResource of this', { Action: '*', NotResource: tableArn }, 'not allowed'],
  ])('decides by %s', (_name, statement, expected) => {
    const decision = authorizer(policy(allow(statement))).decide(worker, {
      action: 'dynamodb:PutItem',
      resource: tableArn,
    });
    expect(decision).toBe(expected);
  });

  it('lets an explicit deny win over every allow', () => {
    const subject = authorizer(
      policy(allow({ Action: '*', Resource: '*' }), { Effect: 'Deny', Action: 'dynamodb:PutItem', Resource: '*' }),
    );
    expect(subject.decide(worker, { action: 'dynamodb:PutItem', resource: tableArn })).toBe('explicitly denied');
    expect(subject.decide(worker, { action: 'dynamodb:GetItem', resource: tableArn })).toBe('allowed');
  });

  it.each([
    ['StringEquals', { StringEquals: { 'x:Key': ['a', 'b'] } }, 'b', true],
    ['StringEquals', { StringEquals: { 'x:key': 'a' } }, 'b', false],
    ['a missing key', { StringEquals: { 'x:other': 'a' } }, 'a', false],
    ['IfExists of a missing key', { StringEqualsIfExists: { 'x:other': 'a' } }, 'a', true],
    ['StringNotEquals', { StringNotEquals: { 'x:key': 'a' } }, 'b', true],
    ['StringLike', { StringLike: { 'x:key': 'tenant-*' } }, 'tenant-1', true],
    ['ArnLike', { ArnLike: { 'x:key': 'arn:*:rule/*' } }, 'arn:aws:rule/x', true],
    ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }, '', false],
    ['Null', { Null: { 'x:other': 'true' } }, '', true],
    ['NumericLessThan', { NumericLessThan: { 'x:key': 10 } }, '9', true],
    ['ForAllValues', { 'ForAllValues:StringLike': { 'x:key': ['t-*'] } }, ['t-1', 'u-1'], false],
    ['ForAnyValue', { 'ForAnyValue:StringLike': { 'x:key': ['t-*'] } }, ['t-1', 'u-1'], true],
  ])('evaluates %s', (_name, condition, value, isAllowed) => {
    const subject = authorizer(policy(allow({ Action: '*', Resource: '*', Condition: condition })));
    const request = { action: 'sqs:SendMessage', resource: 'q', context: { 'x:key': value } };
    expect(subject.decide(worker, request) === 'allowed').toBe(isAllowed);
  });

  it('refuses at start-up a condition operator that it does not know', () => {
    const statement = allow({ Action: '*', Resource: '*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } });
    expect(() => authorizer(policy(statement))).toThrow(
      new PolicyError('Logicalown: the condition operator IpAddress is not supported by the local platform'),
    );
  });

  it('refuses at start-up a managed policy that it does not know', () => {
    const admin = resource('AWS::IAM::Role', 'admin', {
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    });
    expect(() => authorizer(admin)).toThrow(/AdministratorAccess is not known/);
  });

  it('lets a service in by the resource’s own policy, from the named source only', () => {
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:note';
    const subject = authorizer(
      resource('AWS::Lambda::Permission', 'p', {
        Action: 'lambda:InvokeFunction',
        FunctionName: functionArn,
        Principal: 'events.amazonaws.com',
        SourceArn: 'arn:aws:events:us-east-1:000000000000:rule/OnPing',
      }),
    );
    const request = { action: 'lambda:InvokeFunction', resource: functionArn };
    const from = (sourceArn: string): Principal => ({ kind: 'service', name: 'events.amazonaws.com', sourceArn });
    expect(subject.decide(from('arn:aws:events:us-east-1:000000000000:rule/OnPing'), request)).toBe('allowed');
    expect(subject.decide(from('arn:aws:events:us-east-1:000000000000:rule/Other'), request)).toBe('not allowed');
    expect(subject.decide({ kind: 'service', name: 'scheduler.amazonaws.com' }, request)).toBe('not allowed');
  });

  it('applies a bucket’s policy to its objects', () => {
    const bucketPolicy = resource('AWS::S3::BucketPolicy', 'b', {
      Bucket: 'invoices',
      PolicyDocument: {
        Statement: { Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource: 'arn:aws:s3:::invoices/*' },
      },
    });
    const subject = authorizer(policy(allow({ Action: 's3:*', Resource: '*' })), bucketPolicy);
    expect(subject.decide(worker, { action: 's3:DeleteObject', resource: 'arn:aws:s3:::invoices/a' })).toBe(
      'explicitly denied',
    );
    expect(subject.decide(worker, { action: 's3:DeleteObject', resource: 'arn:aws:s3:::other/a' })).toBe('allowed');
  });

  it('says in AWS’s words who may not do what on which resource', () => {
    expect(() => authorizer().check(worker, { action: 'dynamodb:UpdateItem', resource: tableArn })).toThrow(
      `User: arn:aws:sts::000000000000:assumed-role/worker/local is not authorized to perform: dynamodb:UpdateItem on resource: ${tableArn} because no policy allows the dynamodb:UpdateItem action`,
    );
  });
});

describe('grants', () => {
  const statements = [
    allow({ Action: ['dynamodb:PutItem', 'dynamodb:Get*'], Resource: [tableArn, `${tableArn}/index/*`] }),
    allow({ Action: 'dynamodb:PutItem', Resource: tableArn }),
    { Effect: 'Deny', Action: 'dynamodb:GetRecords', Resource: '*' },
    allow({ NotAction: 'dynamodb:*', Resource: '*' }),
  ];
  const policies = readPolicies([resource('AWS::IAM::Role', 'worker', {}), policy(...statements)], place);

  it('are every action on every resource that is named and allowed, each once', () => {
    expect(grantsOf(policies).map(grantLine)).toEqual([
      `worker dynamodb:PutItem ${tableArn}`,
      `worker dynamodb:PutItem ${tableArn}/index/*`,
      `worker dynamodb:Get* ${tableArn}`,
      `worker dynamodb:Get* ${tableArn}/index/*`,
    ]);
  });

  it.each([
    ['dynamodb:PutItem', tableArn, [`worker dynamodb:PutItem ${tableArn}`]],
    ['dynamodb:GetItem', `${tableArn}/index/i`, [`worker dynamodb:Get* ${tableArn}/index/*`]],
    ['dynamodb:GetRecords', tableArn, []],
    ['dynamodb:DeleteItem', tableArn, []],
    ['sqs:SendMessage', 'arn:aws:sqs:::q', []],
  ])('are used by %s on %s when it is allowed', (action, target, expected) => {
    const used: RoleGrant[] = [];
    const subject = new Authorizer(policies, place.accountId, (grant) => used.push(grant));
    subject.decide(worker, { action, resource: target });
    expect([...new Set(used.map(grantLine))]).toEqual(expected);
  });
});
