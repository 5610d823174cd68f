import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { acknowledgeWildcard } from '#infra/wildcards.ts';

/**
 * Secrets of tenants: whatever an administrator of the account puts below `muster/<stack>/<tenant>/`, in Secrets Manager,
 * or below the same with a slash before it, in Parameter Store. The stack makes none.
 */
export class Vault extends Construct {
  private readonly prefix: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.prefix = `muster/${Stack.of(this).stackName}/`;
  }

  /** Lets a function read them, and nothing else of either store. */
  grantRead(grantee: TaskFunction): void {
    const secrets = this.arnOf('secretsmanager', 'secret', ArnFormat.COLON_RESOURCE_NAME);
    const parameters = this.arnOf('ssm', 'parameter', ArnFormat.SLASH_RESOURCE_NAME);
    grantee.allow(['secretsmanager:GetSecretValue'], [secrets]);
    grantee.allow(['ssm:GetParameter'], [parameters]);
    grantee.setEnvironment('secretsPrefix', this.prefix);
    for (const resource of [secrets, parameters])
      acknowledgeWildcard(
        grantee,
        resource,
        'Which secrets there are is up to whoever administers the account; only those below this prefix are reached.',
      );
  }

  private arnOf(service: string, resource: string, arnFormat: ArnFormat): string {
    return Stack.of(this).formatArn({ service, resource, resourceName: `${this.prefix}*`, arnFormat });
  }
}
