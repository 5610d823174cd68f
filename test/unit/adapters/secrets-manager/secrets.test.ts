import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSecretsManagerSecrets, MalformedSecretError } from '#adapters/secrets-manager/secrets.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { createVirtualClock } from '../../../support/recording-ports.ts';
import { lastingFaults, transientFaults } from '../faults.ts';

const client = new SecretsManagerClient({ region: 'eu-west-1' });
const mock = mockClient(client);
const stored = (secret: string) => ({
  SecretString: JSON.stringify({ tenant: 'default', keyId: 'bootstrap', secret }),
});
const open = () => {
  const clock = createVirtualClock();
  return { clock, secrets: createSecretsManagerSecrets({ client, secretArn: 'arn:secret', clock }) };
};

beforeEach(() => {
  mock.reset();
});

describe('createSecretsManagerSecrets', () => {
  it('reads the secret once for all callers', async () => {
    mock.on(GetSecretValueCommand).resolves(stored('secret-0123456789'));
    const { secrets, clock } = open();
    expect(await Promise.all([secrets.bootstrapSecret(), secrets.bootstrapSecret()])).toEqual([
      'secret-0123456789',
      'secret-0123456789',
    ]);
    clock.advance(299_999);
    await secrets.bootstrapSecret();
    expect(mock).toHaveReceivedCommandExactlyOnceWith(GetSecretValueCommand, { SecretId: 'arn:secret' });
  });

  it('sees a rotated secret after five minutes', async () => {
    mock.on(GetSecretValueCommand).resolvesOnce(stored('old-0123456789abc')).resolvesOnce(stored('new-0123456789abc'));
    const { secrets, clock } = open();
    expect(await secrets.bootstrapSecret()).toBe('old-0123456789abc');
    clock.advance(300_000);
    expect(await secrets.bootstrapSecret()).toBe('new-0123456789abc');
  });

  it('does not keep a failure', async () => {
    mock
      .on(GetSecretValueCommand)
      .rejectsOnce(Object.assign(new Error('down'), { $metadata: { httpStatusCode: 500 } }))
      .resolvesOnce(stored('secret-0123456789'));
    const { secrets } = open();
    await expect(secrets.bootstrapSecret()).rejects.toThrow(UnavailableError);
    expect(await secrets.bootstrapSecret()).toBe('secret-0123456789');
  });

  it.each([
    ['no text', {}],
    ['no JSON', { SecretString: 'topsecret{' }],
    ['no secret', { SecretString: '{"tenant":"default","keyId":"bootstrap"}' }],
    ['a short secret', stored('topsecret')],
  ])('refuses %s without repeating it', async (_, answer) => {
    mock.on(GetSecretValueCommand).resolves(answer);
    const reading = open().secrets.bootstrapSecret();
    await expect(reading).rejects.toThrow(MalformedSecretError);
    await expect(reading).rejects.not.toThrow('topsecret');
  });

  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(open().secrets.bootstrapSecret()).rejects.toThrow(UnavailableError);
  });

  it.each(lastingFaults)('passes %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(open().secrets.bootstrapSecret()).rejects.toBe(fault);
  });
});
