import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runners } from '#local/platform/registry.ts';
import type { Place } from '#local/template/identity.ts';
import { loadStack } from '#local/template/load-stack.ts';
import { type Assembly, readAssembly } from '#local/template/read-assembly.ts';
import { runTypes, treatmentOf } from '#local/template/resource-types.ts';
import { Template } from '#local/template/template-schema.ts';

const place: Place = {
  stackName: 'Shop',
  region: 'us-east-1',
  accountId: '000000000000',
  endpointUrl: 'http://127.0.0.1:4578',
  apiUrl: (apiId, protocol) => `${protocol === 'HTTP' ? 'http' : 'ws'}://127.0.0.1:4577/${apiId}`,
};
const assemblyPath = new URL('../../../fixtures/foreign-app/assembly', import.meta.url).pathname;

function assembly(template: unknown): Assembly {
  return { stackName: 'Shop', template: Template.parse(template), assets: new Map() };
}

/** Resolves one value as an output of a small stack. */
function output(value: unknown, rest: Record<string, unknown> = {}): string | undefined {
  const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } };
  const template = { Resources: { Jobs: queue }, ...rest, Outputs: { it: { Value: value } } };
  return loadStack(assembly(template), place).outputs.it;
}

describe('loadStack', () => {
  it('resolves a foreign stack to stable names and addresses', () => {
    const first = loadStack(readAssembly(assemblyPath), place);
    const second = loadStack(readAssembly(assemblyPath), place);
    expect(second.outputs).toEqual(first.outputs);
    expect(first.outputs).toMatchObject({
      BusName: 'ShopShopBusC71ECB30',
      QueueUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4578\/000000000000\/Shop-Incoming\w+-[A-Z0-9]{12}$/),
      Url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4577\/[a-z0-9]{10}$/),
      InvoicesBucket: expect.stringMatching(/^shop-invoices[a-z0-9]+-[a-z0-9]{12}$/),
      MachineArn: expect.stringMatching(/^arn:aws:states:us-east-1:000000000000:stateMachine:Shop-Fulfil/),
      SecretArn: expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:Shop-.*-\w{6}$/),
    });
    const store = first.resources.find(
      (resource) => resource.logicalId.startsWith('Store') && resource.type === 'AWS::Lambda::Function',
    );
    expect(store?.properties).toMatchObject({ Environment: { Variables: { BUCKET: first.outputs.InvoicesBucket } } });
  });

  it('finds every function’s code and definition among the assets', () => {
    const stack = loadStack(readAssembly(assemblyPath), place);
    const functions = stack.resources.filter((resource) => resource.type === 'AWS::Lambda::Function');
    expect(functions.length).toBe(5);
    for (const { properties } of functions) {
      const { S3Key } = z.looseObject({ S3Key: z.string() }).parse(properties.Code);
      expect(stack.assets.get(S3Key)).toContain('/asset.');
    }
  });

  it.each([
    [{ 'Fn::Sub': 'a-${Jobs.QueueName}-${AWS::Region}-${!kept}' }, 'a-jobs-us-east-1-${kept}'],
    [
      { 'Fn::Sub': ['${x}/${Jobs}', { x: { 'Fn::Join': ['+', ['1', '2']] } }] },
      '1+2/http://127.0.0.1:4578/000000000000/jobs',
    ],
    [{ 'Fn::GetAtt': ['Jobs', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:jobs'],
    [{ 'Fn::GetAtt': 'Jobs.Arn' }, 'arn:aws:sqs:us-east-1:000000000000:jobs'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    [{ 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
    [
      {
        'Fn::Join': [
          '',
          ['arn:', { Ref: 'AWS::Partition' }, ':', { Ref: 'AWS::AccountId' }, '@', { Ref: 'AWS::URLSuffix' }],
        ],
      },
      'arn:aws:000000000000@amazonaws.com',
    ],
    [{ Ref: 'AWS::StackName' }, 'Shop'],
  ])('resolves %j', (value, expected) => {
    expect(output(value)).toBe(expected);
  });

  it('resolves conditions, mappings and parameters', () => {
    const rest = {
      Parameters: { Stage: { Type: 'String', Default: 'dev' } },
      Mappings: { Sizes: { dev: { memory: 128 } } },
      Conditions: {
        IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
        IsOther: { 'Fn::Not': [{ Condition: 'IsDev' }] },
        Both: { 'Fn::And': [{ Condition: 'IsDev' }, { 'Fn::Or': [{ Condition: 'IsOther' }, { Condition: 'IsDev' }] }] },
      },
    };
    expect(output({ 'Fn::If': ['Both', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 'no'] }, rest)).toBe(
      '128',
    );
    expect(output({ 'Fn::If': ['IsOther', 'yes', 'no'] }, rest)).toBe('no');
  });

  it('leaves out resources whose condition is false and properties without a value', () => {
    const stack = loadStack(
      assembly({
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: {
          Gone: { Type: 'AWS::EC2::Instance', Condition: 'Never' },
          Jobs: {
            Type: 'AWS::SQS::Queue',
            Properties: { DelaySeconds: { Ref: 'AWS::NoValue' }, VisibilityTimeout: 5 },
          },
        },
      }),
      place,
    );
    expect(stack.resources.map((resource) => resource.properties)).toEqual([{ VisibilityTimeout: 5 }]);
  });

  it.each([
    ['an unknown type', { Box: { Type: 'AWS::EC2::Instance' } }, /Box \(AWS::EC2::Instance\)/],
    ['a custom resource', { Own: { Type: 'Custom::S3AutoDelete' } }, /Own \(Custom::S3AutoDelete\)/],
    ['a nested stack', { Nested: { Type: 'AWS::CloudFormation::Stack' } }, /Nested \(AWS::CloudFormation::Stack\)/],
  ])('refuses %s by name', (_name, resources, message) => {
    expect(() => loadStack(assembly({ Resources: resources }), place)).toThrow(message);
  });

  it.each([
    [{ 'Fn::ImportValue': 'other' }, /Fn::ImportValue is not supported/],
    ['{{resolve:ssm:/x}}', /dynamic references/],
    [{ Ref: 'Nobody' }, /Nobody is neither a resource nor a parameter/],
    [{ 'Fn::GetAtt': ['Jobs', 'Colour'] }, /attribute Colour of Jobs \(AWS::SQS::Queue\)/],
  ])('refuses the value %j', (value, message) => {
    expect(() => output(value)).toThrow(message);
  });

  it('asks for the value of a parameter that has no default', () => {
    const template = assembly({
      Parameters: { Key: { Type: 'String' } },
      Resources: {},
      Outputs: { it: { Value: { Ref: 'Key' } } },
    });
    expect(() => loadStack(template, place)).toThrow(/parameter Key/);
    expect(loadStack(template, place, { Key: 'given' }).outputs).toEqual({ it: 'given' });
  });
});

describe('the three lists', () => {
  it('has a runner for each type that is to run, and for no other', () => {
    expect(Object.keys(runners).toSorted()).toEqual([...runTypes].toSorted());
  });

  it('refuses whatever it does not know', () => {
    expect(treatmentOf('AWS::SQS::Queue')).toBe('run');
    expect(treatmentOf('AWS::CloudWatch::Alarm')).toBe('inert');
    expect(treatmentOf('AWS::Lambda::LayerVersion')).toBe('refuse');
    expect(treatmentOf('AWS::CloudFormation::CustomResource')).toBe('refuse');
  });
});

describe('resources that start nothing', () => {
  const inert = {
    Pool: { Type: 'AWS::Cognito::UserPool' },
    Client: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: { Ref: 'Pool' }, ClientName: 'web' } },
    Domain: { Type: 'AWS::Cognito::UserPoolDomain', Properties: { UserPoolId: { Ref: 'Pool' }, Domain: 'shop' } },
    Board: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardName: 'board' } },
    Late: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: 'late' } },
    Pager: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'pager' } },
    Mail: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Pager' } } },
    Allow: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [{ Ref: 'Pager' }] } },
  };
  const reference = (value: unknown): string | undefined => output(value, { Resources: inert });
  const attribute = (...path: readonly string[]): string | undefined => reference({ 'Fn::GetAtt': path });

  it('have the names that a user pool and its parts would have', () => {
    const pool = reference({ Ref: 'Pool' });
    expect(pool).toMatch(/^us-east-1_[A-Za-z0-9]{9}$/);
    expect(attribute('Pool', 'Arn')).toBe(`arn:aws:cognito-idp:us-east-1:000000000000:userpool/${pool}`);
    expect(attribute('Pool', 'ProviderURL')).toBe(`https://cognito-idp.us-east-1.amazonaws.com/${pool}`);
    expect(attribute('Pool', 'ProviderName')).toBe(`cognito-idp.us-east-1.amazonaws.com/${pool}`);
    expect(reference({ Ref: 'Client' })).toMatch(/^[a-z0-9]{26}$/);
    expect(attribute('Client', 'ClientId')).toBe(reference({ Ref: 'Client' }));
    expect(attribute('Client', 'Name')).toBe('web');
    expect(reference({ 'Fn::Sub': 'https://${Domain}.auth.${AWS::Region}.amazoncognito.com' })).toBe(
      'https://shop.auth.us-east-1.amazoncognito.com',
    );
  });

  it('have the names of what watches', () => {
    expect(reference({ Ref: 'Board' })).toBe('board');
    expect(attribute('Late', 'Arn')).toBe('arn:aws:cloudwatch:us-east-1:000000000000:alarm:late');
    expect(reference({ Ref: 'Pager' })).toBe('arn:aws:sns:us-east-1:000000000000:pager');
    expect(reference({ Ref: 'Mail' })).toBeDefined();
  });

  it.each(['AWS::WAFv2::WebACL', 'AWS::CloudFront::Distribution'])('do not include %s, which is refused', (Type) => {
    expect(() => output('x', { Resources: { Edge: { Type } } })).toThrow(`cannot run these resources: Edge (${Type})`);
  });
});
