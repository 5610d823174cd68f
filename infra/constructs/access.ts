import { Stack, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IdentityProvider } from '#core/contract/env.ts';
import type { StageSettings } from '#infra/config/config.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';

export interface AccessProps {
  readonly settings: StageSettings;
  /** Whose tokens are taken beside API keys. @default - none */
  readonly provider?: IdentityProvider | undefined;
}

/**
 * The bootstrap key: the only credential that exists after a deployment. Its value is
 * `{"tenant":"default","keyId":"bootstrap","secret":"<40 letters and digits>"}` and the API key it stands for is
 * `mst_<tenant>_<keyId>_<secret>`.
 */
export class Access extends Construct {
  readonly bootstrapSecret: Secret;
  private readonly provider: IdentityProvider | undefined;

  constructor(scope: Construct, id: string, props: AccessProps) {
    super(scope, id);
    this.provider = props.provider;
    this.bootstrapSecret = new Secret(this, 'BootstrapKey', {
      description: 'The bootstrap API key of Muster: mst_<tenant>_<keyId>_<secret>',
      removalPolicy: props.settings.removalPolicy,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ tenant: 'default', keyId: 'bootstrap' }),
        generateStringKey: 'secret',
        passwordLength: 40,
        excludePunctuation: true,
      },
    });
    Validations.of(this.bootstrapSecret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'A person uses it to create the real keys; rotating it by schedule would lock out whoever holds it. Putting a new value replaces it at once.',
    });
  }

  /** Lets a function let people and agents in: it may read the bootstrap key, and is told whose tokens to take. */
  grantAuthenticate(grantee: TaskFunction): void {
    grantee.allow(['secretsmanager:GetSecretValue'], [this.bootstrapSecret.secretArn]);
    grantee.setEnvironment('bootstrapSecretArn', this.bootstrapSecret.secretArn);
    if (this.provider !== undefined)
      grantee.setEnvironment('identityProvider', Stack.of(this).toJsonString(this.provider));
  }
}
