import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { Quotas, TenantState, type TenantView, Usage } from '../contract/tenant.ts';
import type { Services } from '../services.ts';
import type { Item } from '../table/table.ts';

/** What is kept of a tenant. One that nobody has made has all by default: it has keys and nothing else. */
const TenantRecord = z.looseObject({
  name: z.string().optional(),
  state: TenantState.default('open'),
  /** Why it was stopped last, as its agents are told. */
  stopReason: z.string().optional(),
  quotas: z.looseObject(Quotas.shape).prefault({}),
  /** Until then everything that it asks is logged. */
  debugUntil: z.number().optional(),
  createdAt: z.number().optional(),
  rev: z.int().default(0),
});
export type TenantRecord = z.infer<typeof TenantRecord>;

/** A stored tenant, or what one is by default. */
export const tenantRecordOf = (item: Item | undefined): TenantRecord => TenantRecord.parse(item ?? {});

/** A tenant as it is now. */
export const readTenantRecord = async (services: Services, tenant: TenantId): Promise<TenantRecord> =>
  tenantRecordOf(await services.table.get(keys.tenant(tenant), { consistent: true }));

const cacheKeyOf = (tenant: TenantId): string => `tenant:${tenant}`;

/** What this environment remembers of a tenant, without asking. */
export const rememberedTenant = (services: Services, tenant: TenantId): TenantRecord | undefined =>
  TenantRecord.safeParse(services.cache.get(cacheKeyOf(tenant), services.clock.now())).data;

/** Lets this environment go by what it has just read or written. */
export const rememberTenant = (services: Services, tenant: TenantId, record: TenantRecord): void =>
  services.cache.set(cacheKeyOf(tenant), record, services.clock.now() + timings.connectionCacheMs);

/** A tenant, remembered for 30 s: what every request goes by. */
export const knownTenant = async (services: Services, tenant: TenantId): Promise<TenantRecord> => {
  const remembered = rememberedTenant(services, tenant);
  if (remembered !== undefined) return remembered;
  const record = tenantRecordOf(await services.table.get(keys.tenant(tenant)));
  rememberTenant(services, tenant, record);
  return record;
};

/** Lets this environment go by what has just been written. */
export const forgetTenant = (services: Services, tenant: TenantId): void => services.cache.forget(cacheKeyOf(tenant));

/** What the sweep counted of a tenant; `undefined` when it counted nothing for three minutes. */
export const readUsage = async (services: Services, tenant: TenantId): Promise<Usage | undefined> => {
  const stored = Usage.safeParse(await services.table.get(keys.usage(tenant)));
  return stored.success && services.clock.now() - stored.data.at <= timings.usageGoodMs ? stored.data : undefined;
};

/** A tenant as people see it. */
export const tenantView = (tenant: TenantId, record: TenantRecord, usage?: Usage): TenantView => {
  const { name, state, quotas, createdAt, rev } = record;
  return {
    tenant,
    ...(name === undefined ? {} : { name }),
    state,
    quotas,
    ...(usage === undefined
      ? {}
      : { usage: { agents: usage.agents, queuedTasks: usage.queuedTasks, openRuns: usage.openRuns, at: usage.at } }),
    ...(createdAt === undefined ? {} : { createdAt }),
    version: String(rev),
  };
};
