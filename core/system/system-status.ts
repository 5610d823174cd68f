import { registryStats } from '../agents/registry-stats.ts';
import { countQueued } from '../assignment/count-queued.ts';
import type { TenantId } from '../contract/ids.ts';
import type { SystemStatus } from '../contract/system.ts';
import type { Services } from '../services.ts';
import { readTenantRecord, readUsage } from '../tenants/tenant-record.ts';

const mostQueued = 10_000;

/** How the system stands for a tenant: whether it takes work, its agents, what waits. */
export const systemStatus = async (services: Services, tenant: TenantId): Promise<SystemStatus> => {
  const [{ state, debugUntil }, agents, { count }, usage] = await Promise.all([
    readTenantRecord(services, tenant),
    registryStats(services, tenant),
    countQueued(services, tenant, mostQueued),
    readUsage(services, tenant),
  ]);
  const isDebugging = debugUntil !== undefined && debugUntil > services.clock.now();
  return {
    state,
    agents,
    queued: count,
    ...(usage === undefined ? {} : { openRuns: usage.openRuns, countedAt: usage.at }),
    ...(isDebugging ? { debugUntil } : {}),
  };
};
