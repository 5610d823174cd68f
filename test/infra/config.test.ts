import { describe, expect, it } from 'vitest';
import { Config, contextNames } from '#infra/config/config.ts';
import { readConfig } from '#infra/config/read-config.ts';

describe('Config', () => {
  it('is complete without any context', () => {
    expect(Config.parse({})).toEqual({
      stage: 'dev',
      stackName: 'Muster',
      functionsRoot: 'functions',
      payloadOrigins: ['*'],
      oidcTenantClaim: 'tenant',
      oidcRoleClaim: 'role',
      userPool: false,
      retentionDays: 30,
      lateResultDays: 30,
      auditDays: 365,
      logLevel: 'INFO',
    });
  });

  it('reads origins as a list', () => {
    expect(Config.parse({ payloadOrigins: 'https://a.example, https://b.example' }).payloadOrigins).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });

  it.each([
    ['stage', 'production'],
    ['stackName', '1st stack'],
    ['logLevel', 'TRACE'],
    ['functionsRoot', ''],
    ['oidcIssuer', 'http://elsewhere.example'],
    ['userPool', 'yes'],
    ['retentionDays', '0'],
    ['lateResultDays', 'long'],
    ['auditDays', '1.5'],
    ['reservedConcurrency', '0'],
    ['alarmTopicArn', 'alarms@example.com'],
    ['httpRate', '0'],
    ['socketRate', '10001'],
    ['httpDomain', 'https://api.example.com'],
    ['socketDomain', 'localhost'],
    ['certificateArn', 'a certificate'],
    ['unknown', 'x'],
  ])('refuses %s = %s and names it', (name, value) => {
    const { error } = Config.safeParse({ [name]: value });
    expect(JSON.stringify(error?.issues)).toContain(name);
  });

  it('takes an issuer with its audience, and then no user pool', () => {
    const issuer = { oidcIssuer: 'https://id.example', oidcAudience: 'muster' };
    expect(Config.parse(issuer)).toMatchObject(issuer);
    for (const half of [{ oidcIssuer: issuer.oidcIssuer }, { oidcAudience: 'muster' }, { ...issuer, userPool: 'true' }])
      expect(Config.safeParse(half).success).toBe(false);
  });

  it('takes names with their certificate, and no name twice', () => {
    const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b';
    const names = { httpDomain: 'api.example.com', socketDomain: 'ws.example.com' };
    expect(Config.parse({ ...names, certificateArn })).toMatchObject(names);
    expect(Config.safeParse({ httpDomain: names.httpDomain, certificateArn }).success).toBe(true);
    for (const wrong of [names, { certificateArn }, { ...names, socketDomain: names.httpDomain, certificateArn }])
      expect(Config.safeParse(wrong).success).toBe(false);
  });

  it('names the context values that the app reads', () => {
    expect(contextNames).toEqual([
      'stage',
      'stackName',
      'functionsRoot',
      'payloadOrigins',
      'oidcIssuer',
      'oidcAudience',
      'oidcJwksUri',
      'oidcTenantClaim',
      'oidcRoleClaim',
      'userPool',
      'retentionDays',
      'lateResultDays',
      'auditDays',
      'logLevel',
      'reservedConcurrency',
      'alarmTopicArn',
      'httpRate',
      'socketRate',
      'httpDomain',
      'socketDomain',
      'certificateArn',
    ]);
  });
});

describe('readConfig', () => {
  it('takes ours out of what else is context', () => {
    const others = {
      'aws:cdk:version-reporting': false,
      '@aws-cdk/core:checkSecretUsage': true,
      'cli-telemetry': false,
    };
    expect(readConfig({ ...others, stage: 'prod' })).toEqual(Config.parse({ stage: 'prod' }));
  });

  it.each([
    ['retentionDay', '7', 'There is no setting retentionDay. Did you mean retentionDays?'],
    ['retention-days', '7', 'There is no setting retention-days. Did you mean retentionDays?'],
    ['STAGE', 'prod', 'There is no setting STAGE. Did you mean stage?'],
    ['colour', 'red', /no setting colour\. There are stage, stackName, .*certificateArn\./],
    ['stage', 'production', /expected one of "dev"\|"prod"\n {2}→ at stage/],
    ['retentionDays', 'long', /must be a whole number from 1 to 3650\n {2}→ at retentionDays/],
    ['alarmTopicArn', 'me@example.com', /must be the ARN of an SNS topic\n {2}→ at alarmTopicArn/],
  ])('refuses %s=%s and says what it may be', (name, value, said) => {
    expect(() => readConfig({ [name]: value })).toThrow(said);
  });

  it('names everything that is wrong at once', () => {
    expect(() => readConfig({ stagee: 'prod', auditDays: '0' })).toThrow(/stagee[^]*auditDays/);
  });
});
