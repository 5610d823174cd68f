import { eachFleetPage } from '../agents/fleet.ts';
import { stopAgent } from '../agents/stop-agent.ts';
import { updateAgent } from '../agents/update-agent.ts';
import type { AgentId, TenantId } from '../contract/ids.ts';
import { limits } from '../contract/limits.ts';
import type { Stopped } from '../contract/system.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { setState } from './shutdown.ts';

/** Does something to every agent that there is; one that is removed meanwhile needs nothing. Returns how many it was. */
const forEach = async (agents: readonly AgentId[], act: (agentId: AgentId) => Promise<void>): Promise<number> => {
  let count = 0;
  for (const agentId of agents) {
    try {
      await act(agentId);
      count += 1;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return count;
};

/**
 * Stops a tenant at once: nothing new is accepted (by other environments within 30 s) and, because every agent is stopped,
 * nothing is assigned. What was at work waits. Repeatable: agents that came since are stopped too.
 */
export const emergencyStop = async (services: Services, tenant: TenantId, reason: string): Promise<Stopped> => {
  await setState(services, tenant, 'stopped');
  let agents = 0;
  await eachFleetPage(services, tenant, limits.countedAgents, async ({ slots }) => {
    const live = slots.filter(({ stoppedAt }) => stoppedAt === undefined).map(({ agentId }) => agentId);
    agents += await forEach(live, (agentId) => stopAgent(services, tenant, agentId, { reason, by: 'tenant' }));
  });
  return { state: 'stopped', agents };
};

/** Ends an emergency stop: work is taken again, and the agents that it stopped may come back. Repeatable. */
export const resumeAfterStop = async (services: Services, tenant: TenantId): Promise<Stopped> => {
  await setState(services, tenant, 'open');
  let agents = 0;
  await eachFleetPage(services, tenant, limits.countedAgents, async ({ slots }) => {
    const stopped = slots.filter(({ stoppedBy }) => stoppedBy === 'tenant').map(({ agentId }) => agentId);
    agents += await forEach(stopped, (agentId) => updateAgent(services, { tenant, agentId }, { status: 'active' }));
  });
  return { state: 'open', agents };
};
