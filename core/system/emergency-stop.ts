import type { Slots } from '../agents/agent.ts';
import { forEveryAgent } from '../agents/fleet.ts';
import { stopAgent, takeBackTasks } from '../agents/stop-agent.ts';
import { updateAgent } from '../agents/update-agent.ts';
import type { TenantId } from '../contract/ids.ts';
import type { Stopped } from '../contract/system.ts';
import { ConflictError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { equal } from '../table/conditions.ts';
import { knownTenant, readTenantRecord } from '../tenants/tenant-record.ts';
import { setState } from './set-state.ts';

const maxTries = 5;

const isRunning = ({ stoppedAt }: Slots): boolean => stoppedAt === undefined;
const isStoppedWithTenant = ({ stoppedBy }: Slots): boolean => stoppedBy === 'tenant';

const hasTasksLeft = ({ stoppedBy, connection, assigned }: Slots): boolean =>
  stoppedBy === 'tenant' && connection === undefined && Object.keys(assigned).length > 0;

const stopWithTenant = (services: Services, { tenant, agentId }: Slots, reason: string | undefined): Promise<void> =>
  stopAgent(services, tenant, agentId, { reason: reason ?? 'Stopped by an operator.', by: 'tenant' });

const letGo = (services: Services, { tenant, agentId }: Slots): Promise<void> =>
  updateAgent(services, { tenant, agentId }, { status: 'active' });

/**
 * Brings every agent in line with its tenant: stopped with it, or free to come back. Whoever stops and whoever resumes at the
 * same time writes the tenant first and looks at it again after its agents, so the last of the two words holds for all. Tasks
 * are taken back in a round of their own: in the first, whoever is still to be stopped would be given them.
 */
const bringInLine = async (services: Services, tenant: TenantId): Promise<Stopped> => {
  let agents = 0;
  for (let tries = 0; tries < maxTries; tries++) {
    const { state, stopReason } = await readTenantRecord(services, tenant);
    const isStopped = state === 'stopped';
    agents += isStopped
      ? await forEveryAgent(services, tenant, isRunning, (slots) => stopWithTenant(services, slots, stopReason))
      : await forEveryAgent(services, tenant, isStoppedWithTenant, (slots) => letGo(services, slots));
    const now = await readTenantRecord(services, tenant);
    if ((now.state === 'stopped') !== isStopped) continue;
    if (isStopped) await forEveryAgent(services, tenant, hasTasksLeft, (slots) => takeBackTasks(services, slots));
    return { state: now.state, agents };
  }
  throw new ConflictError(`Tenant ${tenant}`);
};

/**
 * Stops a tenant at once. When it returns, every agent is stopped and none can register, so nothing is assigned; what was at
 * work waits. Repeatable.
 */
export const emergencyStop = async (services: Services, tenant: TenantId, reason: string): Promise<Stopped> => {
  await setState(services, tenant, 'stopped', { stopReason: reason });
  return bringInLine(services, tenant);
};

/** Ends an emergency stop: work is taken again, and the agents that it stopped may come back. Nothing else is lifted. Repeatable. */
export const resumeAfterStop = async (services: Services, tenant: TenantId): Promise<Stopped> => {
  await setState(services, tenant, 'open', { clauses: { wasStopped: equal('state', 'stopped') } });
  return bringInLine(services, tenant);
};

/**
 * Stops an agent that is connected although its tenant is stopped: the stop died before it came to it. For the sweep. Returns
 * whether it was.
 */
export const stopIfTenantIs = async (services: Services, slots: Slots): Promise<boolean> => {
  const { tenant } = slots;
  if ((await knownTenant(services, tenant)).state !== 'stopped') return false;
  const { state, stopReason } = await readTenantRecord(services, tenant);
  if (state !== 'stopped') return false;
  await stopWithTenant(services, slots, stopReason);
  // Resumed meanwhile: whoever did that may have been past this agent.
  if ((await readTenantRecord(services, tenant)).state !== 'stopped') await letGo(services, slots);
  return true;
};
