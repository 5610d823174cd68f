import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import { absent, any, atMost, plus, set } from '../table/conditions.ts';
import { RateLimitedError } from './errors.ts';
import { knownTenant } from './tenant-record.ts';

const minuteMs = 60_000;
/** One lease is a hundredth of a minute's tokens: a hundred writes a minute at most, and of ten idle environments a tenth unused. */
const leasesPerMinute = 100;

/** Tokens that this environment holds of one minute. Changed in place: calls of one environment share it. */
interface Lease {
  readonly minute: number;
  left: number;
  /** The quota that it is a part of, as it was read last. */
  quota: number;
  isExhausted: boolean;
}

const isLease = (value: unknown): value is Lease =>
  typeof value === 'object' && value !== null && 'isExhausted' in value;

const leaseOf = (services: Services, tenant: TenantId, minute: number): Lease => {
  const cacheKey = `rate:${tenant}`;
  const held = services.cache.get(cacheKey, services.clock.now());
  if (isLease(held) && held.minute === minute) return held;
  const fresh: Lease = { minute, left: 0, quota: 0, isExhausted: false };
  services.cache.set(cacheKey, fresh, (minute + 1) * minuteMs);
  return fresh;
};

/**
 * Takes one of a tenant's requests of this minute. Environments lease them in batches, so no item is written for each
 * request: the item of a minute counts what was leased, and its guard keeps that at the quota. An environment that was
 * refused does not ask again before the next minute: what it refuses until then costs no call of any kind.
 *
 * @throws RateLimitedError with the time until the next minute.
 */
export const takeToken = async (services: Services, tenant: TenantId): Promise<void> => {
  const nowMs = services.clock.now();
  const minute = Math.floor(nowMs / minuteMs);
  const lease = leaseOf(services, tenant, minute);
  if (lease.left <= 0 && !lease.isExhausted) {
    const { requestsPerMinute } = (await knownTenant(services, tenant)).quotas;
    lease.quota = requestsPerMinute;
    const batch = Math.max(1, Math.floor(requestsPerMinute / leasesPerMinute));
    const written = await services.table.update({
      key: keys.rate(tenant, minute),
      set: [plus('leased', batch, 0), set('expiresAtEpochSeconds', (minute + 2) * 60)],
      clauses: { withinRate: any(absent('leased'), atMost('leased', requestsPerMinute - batch)) },
    });
    if (written.won) lease.left += batch;
    else lease.isExhausted = true;
  }
  if (lease.left <= 0) throw new RateLimitedError(lease.quota, (minute + 1) * minuteMs - nowMs);
  lease.left -= 1;
};
