import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createVault } from '#adapters/vault/vault.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { transientFaults } from '../faults.ts';

const secretsManager = mockClient(SecretsManagerClient);
const parameters = mockClient(SSMClient);
beforeEach(() => {
  secretsManager.reset();
  parameters.reset();
});

const vault = createVault({
  secretsManager: new SecretsManagerClient({}),
  parameters: new SSMClient({}),
  prefix: 'muster/Muster/',
});
const $metadata = {};

describe('createVault', () => {
  it('reads a secret from the place of its tenant', async () => {
    secretsManager
      .on(GetSecretValueCommand, { SecretId: 'muster/Muster/acme/github' })
      .resolves({ SecretString: 'value' });
    expect(await vault.read('acme', { from: 'secretsmanager', id: 'github' })).toBe('value');
  });

  it('reads and decrypts a parameter from the place of its tenant', async () => {
    parameters
      .on(GetParameterCommand, { Name: '/muster/Muster/acme/prod/db', WithDecryption: true })
      .resolves({ Parameter: { Value: 'value' } });
    expect(await vault.read('acme', { from: 'ssm', id: 'prod/db' })).toBe('value');
  });

  it('has nothing for a name that is not there', async () => {
    secretsManager.onAnyCommand().rejects(new ResourceNotFoundException({ message: 'x', $metadata }));
    parameters.onAnyCommand().rejects(new ParameterNotFound({ message: 'x', $metadata }));
    for (const from of ['secretsmanager', 'ssm'] as const)
      expect(await vault.read('acme', { from, id: 'x' })).toBeUndefined();
  });

  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    secretsManager.onAnyCommand().rejects(fault);
    await expect(vault.read('acme', { from: 'secretsmanager', id: 'x' })).rejects.toThrow(UnavailableError);
  });
});
