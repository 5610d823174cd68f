import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { Role } from '../contract/roles.ts';
import { AppError } from '../errors/app-error.ts';
import type { Services } from '../services.ts';
import { hashSecret, parseBearer, sameSecret } from './api-key.ts';
import { Principal } from './principal.ts';

/** No key, a wrong key, an ended key: never told apart. */
export class UnauthenticatedError extends AppError {
  override readonly name = 'UnauthenticatedError';
  constructor() {
    super(
      'UNAUTHENTICATED',
      'A valid API key is needed: send the header "Authorization: Bearer mst_<tenant>_<keyId>_<secret>".',
    );
  }
}

/** A stored key. `secretHash` is all that is kept of its secret. */
export const StoredKey = z.looseObject({
  secretHash: z.string(),
  role: Role,
  revokedAt: z.number().optional(),
  endsAt: z.number().optional(),
});

/** The key that exists from the first deploy; its secret lives in Secrets Manager. */
export const bootstrapKeyId = 'bootstrap';
const bootstrapTenant = 'default';

/**
 * Who an `Authorization` header's value speaks for. Default deny.
 * @throws UnauthenticatedError for anything that is not a live key.
 */
export const authenticate = async (services: Services, header: string | undefined): Promise<Principal> => {
  const key = parseBearer(header);
  if (key === undefined) throw new UnauthenticatedError();
  if (key.keyId === bootstrapKeyId) {
    const matches = sameSecret(key.secret, await services.secrets.bootstrapSecret());
    if (!matches || key.tenant !== bootstrapTenant) throw new UnauthenticatedError();
    return Principal.parse({ tenant: key.tenant, id: `key:${bootstrapKeyId}`, role: 'admin' });
  }
  const stored = StoredKey.safeParse(await services.table.get(keys.apiKey(key.tenant, key.keyId)));
  const nowMs = services.clock.now();
  const isLive =
    stored.success &&
    sameSecret(hashSecret(key.secret), stored.data.secretHash) &&
    stored.data.revokedAt === undefined &&
    (stored.data.endsAt ?? Infinity) > nowMs;
  if (!isLive) throw new UnauthenticatedError();
  return Principal.parse({ tenant: key.tenant, id: `key:${key.keyId}`, role: stored.data.role });
};
