import { describe, expect, it } from 'vitest';
import { Role } from '#core/contract/roles.ts';
import { type Anything, ofType, type Resources, synthesise } from './synthesise.ts';

const provider = { oidcIssuer: 'https://id.example', oidcAudience: 'muster', oidcRoleClaim: 'groups' };

/** Functions that are told whose tokens to take. */
const told = (resources: Resources): [string, Anything][] =>
  ofType(resources, 'AWS::Lambda::Function').flatMap(([, { Properties }]): [string, Anything][] => {
    const value = Properties.Environment.Variables.IDENTITY_PROVIDER;
    return value === undefined ? [] : [[Properties.Description, value]];
  });

const doors = ['Authenticates a socket and writes its connection', 'Authorises API keys for the HTTP API'];

describe('identity provider', () => {
  it('is nobody unless the configuration names one', () => {
    const resources = synthesise();
    expect(told(resources)).toEqual([]);
    expect(ofType(resources, 'AWS::Cognito::UserPool')).toEqual([]);
  });

  it('is told to what lets people in, and to nothing else', () => {
    const resources = synthesise(provider);
    expect(
      told(resources)
        .map(([description]) => description)
        .toSorted(),
    ).toEqual(doors);
    expect(JSON.parse(told(resources)[0]?.[1])).toEqual({
      issuer: 'https://id.example',
      audience: 'muster',
      tenantClaim: 'tenant',
      roleClaim: 'groups',
    });
  });

  it('is the stack’s own user pool when that is asked for: closed, with a second factor and a group for each role', () => {
    const resources = synthesise({ userPool: 'true', stage: 'prod' });
    expect(told(resources)).toHaveLength(doors.length);
    expect(ofType(resources, 'AWS::Cognito::UserPool')[0]?.[1]).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        MfaConfiguration: 'ON',
        DeletionProtection: 'ACTIVE',
      },
    });
    const groups = ofType(resources, 'AWS::Cognito::UserPoolGroup').map(([, { Properties }]) =>
      String(Properties.GroupName),
    );
    expect(groups.toSorted()).toEqual(Role.options.toSorted());
  });

  it('lets nobody choose a tenant', () => {
    const [client] = ofType(synthesise({ userPool: 'true' }), 'AWS::Cognito::UserPoolClient');
    expect(client?.[1].Properties.WriteAttributes).toEqual(['name']);
  });
});
