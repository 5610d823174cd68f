import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { Clock } from '#core/ports/clock.ts';
import type { Secrets } from '#core/ports/secrets.ts';
import { callService } from '../service-errors.ts';

export interface SecretsManagerOptions {
  readonly client: SecretsManagerClient;
  readonly secretArn: string;
  readonly clock: Clock;
  /** How long a value is used; a rotated one is seen after this. @default five minutes */
  readonly cacheMs?: number;
}

/** The stored secret: the first API key of an installation. */
const BootstrapKey = z.looseObject({ tenant: z.string(), keyId: z.string(), secret: z.string().min(16) });

/** The stored secret has another form; its text is kept out of the message. */
export class MalformedSecretError extends Error {
  override readonly name = 'MalformedSecretError';
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const fetchSecret = async ({ client, secretArn }: SecretsManagerOptions): Promise<string> => {
  const command = new GetSecretValueCommand({ SecretId: secretArn });
  const answer = await callService('The secret store', () => client.send(command));
  const key = BootstrapKey.safeParse(parseJson(answer.SecretString ?? ''));
  if (!key.success) {
    throw new MalformedSecretError('The bootstrap secret must be JSON with tenant, keyId and a secret of 16 or more');
  }
  return key.data.secret;
};

/** The bootstrap secret from Secrets Manager, read once in a while; concurrent callers share one read. */
export const createSecretsManagerSecrets = (options: SecretsManagerOptions): Secrets => {
  const { clock, cacheMs = 300_000 } = options;
  let cached: { readonly until: number; readonly secret: Promise<string> } | undefined;
  const read = (): Promise<string> => {
    const secret = fetchSecret(options);
    const entry = { until: clock.now() + cacheMs, secret };
    cached = entry;
    // A failed read must not stay.
    secret.catch(() => {
      cached = cached === entry ? undefined : cached;
    });
    return secret;
  };
  return {
    bootstrapSecret: async () => (cached !== undefined && clock.now() < cached.until ? cached.secret : read()),
  };
};
