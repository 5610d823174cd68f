import type { AgentId, TenantId } from '../contract/ids.ts';
import { timings } from '../contract/limits.ts';
import { closeConnection } from '../identity/connection.ts';
import type { Services } from '../services.ts';
import { Slots } from './agent.ts';
import { detachConnection } from './slots.ts';

/**
 * An agent's socket is gone: notes it on condition that it is still the agent's own, and gives the agent a short grace to
 * come back to its tasks. Repeatable; a late notice of an older socket changes nothing.
 */
export const disconnectAgent = async (
  services: Services,
  agent: { tenant: TenantId; agentId: AgentId },
  connectionId: string,
): Promise<void> => {
  const detached = await services.table.update(detachConnection(agent, connectionId, services.clock.now()));
  if (!detached.won) return;
  const slots = Slots.parse(detached.item);
  if (Object.keys(slots.assigned).length === 0) return;
  const timer = { kind: 'reconnect-grace', tenant: agent.tenant, agentId: agent.agentId, epoch: slots.epoch } as const;
  await services.queues.sendTimer(timer, Math.ceil(timings.reconnectGraceMs / 1000));
};

/** `$disconnect`: deletes the connection's record first, then updates the agent. A registration in between sees one of the two. */
export const handleDisconnect = async (services: Services, connectionId: string): Promise<void> => {
  const connection = await closeConnection(services, connectionId);
  if (connection?.agentId === undefined) return;
  const { agentId, principal } = connection;
  await disconnectAgent(services, { tenant: principal.tenant, agentId }, connection.connectionId);
};
