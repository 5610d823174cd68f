import type { AgentId } from '../contract/ids.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { readProfile, readSlots } from './read-agent.ts';
import { removeProfile } from './register-agent.ts';
import { strikeOff } from './roster.ts';

/**
 * Removes an agent: off the rosters, its socket told and closed, its profile gone. What it was working on goes elsewhere
 * after the reconnect grace, as when it dies.
 * @throws NotFoundError when there is none of this tenant's.
 */
export const removeAgent = async (services: Services, principal: Principal, agentId: AgentId): Promise<void> => {
  const profile = await readProfile(services, principal.tenant, agentId);
  await strikeOff(services, profile);
  await removeProfile(services, profile);
  const slots = await readSlots(services, principal.tenant, agentId);
  if (slots?.connection === undefined) return;
  await pushFrame(services, slots.connection, 'agent.replaced', { agentId });
  await services.sockets.close(slots.connection);
};
