import type { TenantId } from '../contract/ids.ts';
import type { Services } from '../services.ts';
import { PayloadQuotaError } from './errors.ts';
import { knownTenant } from './tenant-record.ts';

/** The smallest quota that there can be: what is not above it needs no look at the tenant. */
const leastQuota = 1024;

/**
 * Lets a payload pass that is within its tenant's quota, as every environment knows it within 30 s.
 * @throws PayloadQuotaError, which is never retryable: it would be as large again.
 */
export const requirePayloadQuota = async (
  services: Services,
  tenant: TenantId,
  field: string,
  bytes: number,
): Promise<void> => {
  if (bytes <= leastQuota) return;
  const { payloadBytes } = (await knownTenant(services, tenant)).quotas;
  if (bytes > payloadBytes) throw new PayloadQuotaError(field, bytes, payloadBytes);
};
