import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Vault } from '#core/ports/vault.ts';
import { callService, isNamed } from '../service-errors.ts';

export interface VaultOptions {
  readonly secretsManager: SecretsManagerClient;
  readonly parameters: SSMClient;
  /** What the names of all tenants' secrets begin with: `muster/<stack>/`. The tenant's own place follows. */
  readonly prefix: string;
}

/** Nothing of this name, or nothing that may be read: to who asks they are the same. */
const absentNames = ['ResourceNotFoundException', 'ParameterNotFound'] as const;

const orAbsent = async (read: () => Promise<string | undefined>): Promise<string | undefined> => {
  try {
    return await callService('The secret store', read);
  } catch (error) {
    if (isNamed(error, ...absentNames)) return undefined;
    throw error;
  }
};

/** Tenants' secrets in Secrets Manager and Parameter Store, read at each call: a new value is seen at once. */
export const createVault = ({ secretsManager, parameters, prefix }: VaultOptions): Vault => ({
  read: (tenant, { from, id }) => {
    const name = `${prefix}${tenant}/${id}`;
    return orAbsent(async () => {
      if (from === 'secretsmanager')
        return (await secretsManager.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
      const answer = await parameters.send(new GetParameterCommand({ Name: `/${name}`, WithDecryption: true }));
      return answer.Parameter?.Value;
    });
  },
});
