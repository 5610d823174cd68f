import type { Slots } from '../agents/agent.ts';
import { countQueued } from '../assignment/count-queued.ts';
import { TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { homeTenant } from '../identity/authenticate.ts';
import type { Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { knownTenant } from './tenant-record.ts';

/** What a sweep has met of a tenant anyway. */
interface Tally {
  agents: number;
  openRuns: number;
}

const allTenants = async (services: Services): Promise<readonly TenantId[]> => {
  const tenants: TenantId[] = [homeTenant];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition: indexKeys.listOf(homeTenant, 'TENANTS'),
      index: 'list',
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    tenants.push(...page.items.map((item) => TenantId.parse(item['listSort'])));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return tenants;
};

/**
 * Counts, for the quotas, what each tenant has: connected agents and open runs as the sweep met them, queued tasks by the
 * index, up to the quota. One small read for a tenant that has nothing queued. Returns how many tenants there are.
 */
export const measureUsage = async (
  services: Services,
  fleet: readonly Slots[],
  runs: readonly Run[],
): Promise<number> => {
  const tallies = new Map<TenantId, Tally>();
  const tallyOf = (tenant: TenantId): Tally => {
    const tally = tallies.get(tenant) ?? { agents: 0, openRuns: 0 };
    tallies.set(tenant, tally);
    return tally;
  };
  for (const tenant of await allTenants(services)) tallyOf(tenant);
  for (const { tenant, connection } of fleet) if (connection !== undefined) tallyOf(tenant).agents += 1;
  for (const { tenant } of runs) tallyOf(tenant).openRuns += 1;
  for (const [tenant, tally] of tallies) {
    const { quotas } = await knownTenant(services, tenant);
    const { count } = await countQueued(services, tenant, quotas.queuedTasks + 1);
    const nowMs = services.clock.now();
    await services.table.put({
      key: keys.usage(tenant),
      item: {
        ...tally,
        queuedTasks: count,
        at: nowMs,
        expiresAtEpochSeconds: Math.ceil((nowMs + timings.usageGoodMs) / 1000),
      },
      clauses: {},
    });
  }
  return tallies.size;
};
