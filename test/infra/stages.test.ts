import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { build, ofType, type Resources, synthesise } from './synthesise.ts';

const stages = (resources: Resources) =>
  ofType(resources, 'AWS::ApiGatewayV2::Stage').map(([, { Properties }]) => Properties);
const throttles = (resources: Resources) =>
  stages(resources)
    .map(({ DefaultRouteSettings: { ThrottlingRateLimit, ThrottlingBurstLimit } }) => [
      ThrottlingRateLimit,
      ThrottlingBurstLimit,
    ])
    .toSorted(([one = 0], [other = 0]) => one - other);

describe('a stage', () => {
  it.each([
    ['dev', false],
    ['prod', true],
  ])('%s is protected from being deleted: %s', (stage, isProtected) => {
    expect(build({ stage }).stack.terminationProtection).toBe(isProtected);
  });

  it('bounds what all callers together may ask, prod higher, and both by a setting', () => {
    expect(throttles(synthesise({ stage: 'dev' }))).toEqual([
      [500, 1000],
      [1000, 2000],
    ]);
    expect(throttles(synthesise({ stage: 'prod' }))).toEqual([
      [2000, 4000],
      [5000, 5000],
    ]);
    expect(throttles(synthesise({ stage: 'prod', httpRate: '7', socketRate: '9' }))).toEqual([
      [7, 14],
      [9, 18],
    ]);
  });
});

describe('names of one’s own', () => {
  const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b';
  const context = { httpDomain: 'api.example.com', socketDomain: 'ws.example.com', certificateArn };

  it('lead to the two APIs, and to nothing when none is given', () => {
    const resources = synthesise(context);
    const names = ofType(resources, 'AWS::ApiGatewayV2::DomainName').map(
      ([id, { Properties }]) => [id, Properties] as const,
    );
    expect(names.map(([, { DomainName }]) => String(DomainName)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'api.example.com',
      'ws.example.com',
    ]);
    for (const [, { DomainNameConfigurations }] of names)
      expect(DomainNameConfigurations).toMatchObject([{ CertificateArn: certificateArn, EndpointType: 'REGIONAL' }]);
    const mapped = ofType(resources, 'AWS::ApiGatewayV2::ApiMapping').map(([, { Properties }]) => Properties.ApiId.Ref);
    expect(new Set(mapped)).toEqual(new Set(ofType(resources, 'AWS::ApiGatewayV2::Api').map(([id]) => id)));
    expect(ofType(synthesise(), 'AWS::ApiGatewayV2::DomainName')).toEqual([]);
  });

  it('stand in the outputs, with what they are aliases of', () => {
    const template = Template.fromStack(build(context).stack);
    template.hasOutput('HttpUrl', { Value: 'https://api.example.com/v1' });
    template.hasOutput('SocketUrl', { Value: 'wss://ws.example.com' });
    for (const name of ['HttpDomainTarget', 'SocketDomainTarget'])
      expect(JSON.stringify(template.findOutputs(name))).toContain('RegionalDomainName');
  });
});
