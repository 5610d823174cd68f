import type { TenantId } from '../contract/ids.ts';
import type { Services } from '../services.ts';
import { SystemStoppedError } from './errors.ts';
import { readTenantRecord, rememberTenant } from './tenant-record.ts';

/** By the tenant as it is at this moment, which this environment then remembers. @throws SystemStoppedError. */
export const requireNotStopped = async (services: Services, tenant: TenantId): Promise<void> => {
  const record = await readTenantRecord(services, tenant);
  rememberTenant(services, tenant, record);
  if (record.state === 'stopped') throw new SystemStoppedError();
};
