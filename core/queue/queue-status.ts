import { registryStats } from '../agents/registry-stats.ts';
import { countQueued } from '../assignment/count-queued.ts';
import type { TenantId } from '../contract/ids.ts';
import type { QueueStatus } from '../contract/system.ts';
import type { Services } from '../services.ts';

/** Most queued tasks that are counted one by one. */
const most = 10_000;

/** What waits for an agent, by what it waits for, and how many tasks agents have. Eventually consistent. */
export const queueStatus = async (services: Services, tenant: TenantId): Promise<QueueStatus> => {
  const [{ count, isExact, kinds }, { tasks }] = await Promise.all([
    countQueued(services, tenant, most),
    registryStats(services, tenant),
  ]);
  return { queued: count, isExact, inFlight: tasks.inFlight, kinds: kinds.map((kind) => ({ ...kind })) };
};
