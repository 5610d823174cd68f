import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import type { Services } from '../services.ts';
import { UnauthenticatedError } from './authenticate.ts';
import type { Principal } from './principal.ts';
import { isKeyLive, keyIdOf, StoredKey } from './stored-key.ts';

/**
 * Refuses what an open socket still says after its credential has ended. A key is read again at most every 30 seconds.
 * A key item that is gone was never revoked while the socket lived: a revoked one stays far longer than any socket.
 *
 * @throws UnauthenticatedError.
 */
export const requireLive = async (services: Services, principal: Principal): Promise<void> => {
  const nowMs = services.clock.now();
  if ((principal.endsAt ?? Infinity) <= nowMs) throw new UnauthenticatedError();
  const keyId = keyIdOf(principal.id);
  if (keyId === undefined) return;
  const cacheKey = `key:${principal.tenant}#${keyId}`;
  const remembered = services.cache.get(cacheKey, nowMs);
  const item =
    remembered ?? (await services.table.get(keys.apiKey(principal.tenant, keyId), { consistent: true })) ?? {};
  if (remembered === undefined) services.cache.set(cacheKey, item, nowMs + timings.connectionCacheMs);
  const stored = StoredKey.safeParse(item);
  if (stored.success && !isKeyLive(stored.data, nowMs)) throw new UnauthenticatedError();
};
