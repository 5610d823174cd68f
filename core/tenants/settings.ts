import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { TenantSettings } from '../contract/settings.ts';
import type { Services } from '../services.ts';
import { set } from '../table/conditions.ts';

/** A tenant's settings, as they are now; empty when it has set none. */
export const readSettings = async (services: Services, tenant: TenantId): Promise<TenantSettings> => {
  const item = await services.table.get(keys.settings(tenant), { consistent: true });
  return TenantSettings.parse(item?.['settings'] ?? {});
};

/** The same, remembered for 30 s: what an assignment goes by. */
export const knownSettings = async (services: Services, tenant: TenantId): Promise<TenantSettings> => {
  const nowMs = services.clock.now();
  const cacheKey = `settings:${tenant}`;
  const remembered = TenantSettings.safeParse(services.cache.get(cacheKey, nowMs));
  if (remembered.success) return remembered.data;
  const settings = TenantSettings.parse((await services.table.get(keys.settings(tenant)))?.['settings'] ?? {});
  services.cache.set(cacheKey, settings, nowMs + timings.connectionCacheMs);
  return settings;
};

/** Sets a tenant's settings as a whole. Every environment goes by them within 30 s. */
export const writeSettings = async (
  services: Services,
  tenant: TenantId,
  settings: TenantSettings,
): Promise<TenantSettings> => {
  await services.table.update({ key: keys.settings(tenant), set: [set('settings', settings)], clauses: {} });
  services.cache.forget(`settings:${tenant}`);
  return settings;
};
