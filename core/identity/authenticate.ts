import { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { AppError } from '../errors/app-error.ts';
import type { Services } from '../services.ts';
import { type ApiKey, bearerToken, hashSecret, parseApiKey, sameSecret } from './api-key.ts';
import { Principal } from './principal.ts';
import { isKeyLive, keyPrincipal, StoredKey } from './stored-key.ts';

/** No credential, a wrong one, an ended one: never told apart. */
export class UnauthenticatedError extends AppError {
  override readonly name = 'UnauthenticatedError';
  constructor() {
    super(
      'UNAUTHENTICATED',
      'A valid credential is needed: send the header "Authorization: Bearer mst_<tenant>_<keyId>_<secret>".',
    );
  }
}

/** The key that exists from the first deploy; its secret lives in Secrets Manager. */
export const bootstrapKeyId = 'bootstrap';
/** The tenant that the bootstrap key is of, and that may make others. */
export const homeTenant = TenantId.parse('default');

/** Compared with when there is no such key, so that its absence takes as long as a wrong secret. */
const nobodysHash = hashSecret('');

const bootstrapPrincipal = async (services: Services, { tenant, secret }: ApiKey): Promise<Principal> => {
  const matches = sameSecret(secret, await services.secrets.bootstrapSecret());
  if (!matches || tenant !== homeTenant) throw new UnauthenticatedError();
  return { tenant, id: keyPrincipal(bootstrapKeyId), role: 'admin' };
};

const keyHolder = async (services: Services, { tenant, keyId, secret }: ApiKey): Promise<Principal> => {
  const stored = StoredKey.safeParse(await services.table.get(keys.apiKey(tenant, keyId), { consistent: true }));
  const matches = sameSecret(hashSecret(secret), stored.data?.secretHash ?? nobodysHash);
  if (!stored.success || !matches || !isKeyLive(stored.data, services.clock.now())) throw new UnauthenticatedError();
  const { role, scopes, capabilities, endsAt } = stored.data;
  return Principal.parse({ tenant, id: keyPrincipal(keyId), role, scopes, capabilities, endsAt });
};

const tokenBearer = async (services: Services, token: string): Promise<Principal> => {
  const identity = await services.tokens.verify(token);
  const tenant = TenantId.safeParse(identity?.tenant);
  if (identity === undefined || !tenant.success || identity.endsAt <= services.clock.now())
    throw new UnauthenticatedError();
  const { subject, role, endsAt } = identity;
  return Principal.parse({ tenant: tenant.data, id: `user:${subject}`, role, endsAt });
};

/**
 * Who an `Authorization` header's value speaks for: an API key, or a token of the trusted issuer. Default deny.
 * @throws UnauthenticatedError for anything that is not live.
 */
export const authenticate = async (services: Services, header: string | undefined): Promise<Principal> => {
  const token = bearerToken(header);
  if (token === undefined) throw new UnauthenticatedError();
  const key = parseApiKey(token);
  if (key === undefined) return tokenBearer(services, token);
  return key.keyId === bootstrapKeyId ? bootstrapPrincipal(services, key) : keyHolder(services, key);
};
