import type { TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { homeTenant } from '../identity/authenticate.ts';
import type { Services } from '../services.ts';
import { plus, set, setAll, setDefault } from '../table/conditions.ts';
import type { Clauses } from '../table/table.ts';
import { rememberTenant, type TenantRecord, tenantRecordOf } from '../tenants/tenant-record.ts';

/**
 * Lets a tenant take work, or not, where the clauses allow it. This environment goes by what stands then at once, the others
 * within 30 s.
 */
export const setState = async (
  services: Services,
  tenant: TenantId,
  state: TenantRecord['state'],
  { stopReason, clauses = {} }: { readonly stopReason?: string; readonly clauses?: Clauses } = {},
): Promise<TenantRecord> => {
  const written = await services.table.update({
    key: keys.tenant(tenant),
    set: [
      set('state', state),
      ...setAll({ stopReason }),
      setDefault('createdAt', services.clock.now()),
      plus('rev', 1, 0),
      ...setAll(indexKeys.list(homeTenant, 'TENANTS', tenant)),
    ],
    clauses,
  });
  const record = tenantRecordOf(written.item);
  rememberTenant(services, tenant, record);
  return record;
};
