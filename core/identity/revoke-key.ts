import * as z from 'zod';
import { TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { present, set, setAll, setDefault } from '../table/conditions.ts';
import type { Item } from '../table/table.ts';
import { closeSockets } from './close-sockets.ts';
import { keyPrincipal } from './stored-key.ts';

const RevokedKey = z.looseObject({ tenant: TenantId, keyId: z.string() });

/**
 * Revokes a key: from now on nobody is let in with it, its sockets are closed, and within 30 seconds (what an environment
 * or the HTTP authoriser remembers) every frame and request of it is refused. A socket that was just being opened, or that
 * the index did not show yet, is closed by the next sweep. Repeatable.
 *
 * @throws NotFoundError when there is none of this tenant's.
 */
export const revokeKey = async (services: Services, tenant: TenantId, keyId: string): Promise<void> => {
  const key = keys.apiKey(tenant, keyId);
  const nowMs = services.clock.now();
  const written = await services.table.update({
    key,
    set: [
      setDefault('revokedAt', nowMs),
      set('tenant', tenant),
      set('keyId', keyId),
      ...setAll(indexKeys.due(key, nowMs)),
      set('expiresAtEpochSeconds', forgottenAfter(nowMs, services.retention.ended)),
    ],
    clauses: { isKey: present('secretHash') },
  });
  if (!written.won) throw new NotFoundError('key', keyId);
  await closeSockets(services, tenant, keyPrincipal(keyId));
};

/** A revoked key as the sweep meets it: its sockets are looked for once more. Returns how many there were. */
export const sweepKey = async (services: Services, item: Item): Promise<number> => {
  const { tenant, keyId } = RevokedKey.parse(item);
  return closeSockets(services, tenant, keyPrincipal(keyId));
};
