import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  ClientAttributes,
  UserPool as CognitoUserPool,
  FeaturePlan,
  Mfa,
  StandardThreatProtectionMode,
  StringAttribute,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { IdentityProvider } from '#core/contract/env.ts';
import { Role } from '#core/contract/roles.ts';
import type { StageSettings } from '#infra/config/config.ts';

export interface UserPoolProps {
  readonly settings: StageSettings;
}

/**
 * People of an installation that has no identity provider of its own. An administrator makes users, with the attribute
 * `custom:tenant`, and puts each into the group of a role; their ID tokens are then credentials as API keys are.
 */
export class UserPool extends Construct {
  readonly provider: IdentityProvider;

  constructor(scope: Construct, id: string, props: UserPoolProps) {
    super(scope, id);
    const pool = new CognitoUserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      autoVerify: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      customAttributes: { tenant: new StringAttribute({ minLen: 1, maxLen: 40, mutable: true }) },
      deletionProtection: props.settings.deletionProtection,
      removalPolicy: props.settings.removalPolicy,
    });
    const client = pool.addClient('Client', {
      authFlows: { userSrp: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      // Left out, a client lets users change every attribute of theirs: also their tenant.
      writeAttributes: new ClientAttributes().withStandardAttributes({ fullname: true }),
      idTokenValidity: Duration.hours(1),
      accessTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(30),
    });
    for (const groupName of Role.options) {
      new CfnUserPoolGroup(this, `Group${groupName}`, { userPoolId: pool.userPoolId, groupName });
    }
    this.provider = {
      issuer: `https://cognito-idp.${Stack.of(this).region}.${Stack.of(this).urlSuffix}/${pool.userPoolId}`,
      audience: client.userPoolClientId,
      tenantClaim: 'custom:tenant',
      roleClaim: 'cognito:groups',
    };
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId, description: 'The user pool' });
    new CfnOutput(this, 'UserPoolClientId', { value: client.userPoolClientId, description: 'What people sign in to' });
  }
}
