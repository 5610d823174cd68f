import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { timings } from '../contract/limits.ts';
import { Usage } from '../contract/tenant.ts';
import type { Services } from '../services.ts';
import { type SubmitRequest, submitTask } from '../tasks/submit-task.ts';
import type { Task } from '../tasks/task.ts';
import { QuotaExceededError, ShuttingDownError, SystemStoppedError } from './errors.ts';
import { requireNotStopped } from './require-not-stopped.ts';
import { knownTenant, readUsage } from './tenant-record.ts';

type Counted = 'agents' | 'queuedTasks' | 'openRuns';
type CountedWork = Exclude<Counted, 'agents'>;

const words: Readonly<Record<Counted, string>> = {
  agents: 'connected agents',
  queuedTasks: 'queued tasks',
  openRuns: 'open runs',
};

const nothing: Usage = { agents: 0, queuedTasks: 0, openRuns: 0, at: 0 };

const knownUsage = async (services: Services, tenant: TenantId): Promise<Usage> => {
  const nowMs = services.clock.now();
  const cacheKey = `usage:${tenant}`;
  const remembered = Usage.safeParse(services.cache.get(cacheKey, nowMs));
  if (remembered.success) return remembered.data;
  const usage = (await readUsage(services, tenant)) ?? nothing;
  services.cache.set(cacheKey, usage, nowMs + timings.connectionCacheMs);
  return usage;
};

const Added = z.object({ since: z.number(), count: z.int() });
const addedKey = (tenant: TenantId, what: Counted): string => `added:${what}:${tenant}`;

/** What this environment has added since the count; the next count has it. */
const addedSince = (services: Services, tenant: TenantId, what: Counted, at: number): number => {
  const added = Added.safeParse(services.cache.get(addedKey(tenant, what), services.clock.now()));
  return added.success && added.data.since === at ? added.data.count : 0;
};

/** Notes that there is one more. */
export const noteAdded = async (services: Services, tenant: TenantId, what: Counted): Promise<void> => {
  const { at } = await knownUsage(services, tenant);
  const count = addedSince(services, tenant, what, at) + 1;
  services.cache.set(addedKey(tenant, what), { since: at, count }, services.clock.now() + 2 * timings.usageGoodMs);
};

/** @throws QuotaExceededError. */
const requireRoom = async (services: Services, tenant: TenantId, what: Counted): Promise<void> => {
  const { quotas } = await knownTenant(services, tenant);
  const usage = await knownUsage(services, tenant);
  const limit = quotas[what];
  if (usage[what] + addedSince(services, tenant, what, usage.at) < limit) return;
  throw new QuotaExceededError(words[what], limit, timings.sweepMs);
};

/** @throws SystemStoppedError after an emergency stop. */
const requireRunning = async (services: Services, tenant: TenantId): Promise<void> => {
  if ((await knownTenant(services, tenant)).state === 'stopped') throw new SystemStoppedError();
};

/**
 * Lets in one more, by what the sweep counted last and what this environment has added since: an estimate, which a tenant
 * may pass by what its other environments add within a minute, which its rate bounds.
 *
 * @throws QuotaExceededError, ShuttingDownError, SystemStoppedError.
 */
export const admit = async (services: Services, tenant: TenantId, what: CountedWork): Promise<void> => {
  // A task is refused where it would have to wait; a run begins whether or not anybody is there.
  if (what === 'openRuns') await requireNotStopped(services, tenant);
  else await requireRunning(services, tenant);
  const { state } = await knownTenant(services, tenant);
  if (state === 'shutting_down') throw new ShuttingDownError();
  await requireRoom(services, tenant, what);
};

/**
 * Lets in an agent, also during a shutdown: it may come back to what it was working on. One that is connected already is
 * none more.
 *
 * @throws QuotaExceededError.
 */
export const admitAgent = async (
  services: Services,
  tenant: TenantId,
  isConnected: () => Promise<boolean>,
): Promise<void> => {
  await requireRunning(services, tenant);
  try {
    await requireRoom(services, tenant, 'agents');
  } catch (error) {
    if (!(error instanceof QuotaExceededError) || !(await isConnected())) throw error;
    return;
  }
  if (!(await isConnected())) await noteAdded(services, tenant, 'agents');
};

/** `submitTask` for callers from outside: within the tenant's quota, and while the tenant takes work. A task's own subtasks belong to work that was taken. */
export const submitAdmitted = async (services: Services, request: SubmitRequest): Promise<Task> => {
  const { tenant } = request.principal;
  if (request.parentTask === undefined) await admit(services, tenant, 'queuedTasks');
  else await requireRunning(services, tenant);
  const task = await submitTask(services, request);
  if (task.status === 'QUEUED') await noteAdded(services, tenant, 'queuedTasks');
  return task;
};
