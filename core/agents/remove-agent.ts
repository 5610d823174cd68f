import type { AgentId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import { leaveAll } from '../messaging/memberships.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { Profile, type Slots } from './agent.ts';
import { readSlots } from './read-agent.ts';
import { endSlots, removeProfile } from './register-agent.ts';
import { strikeOff } from './roster.ts';

/**
 * Removes an agent: off the rosters, its profile gone, its socket told and closed. What it was working on goes elsewhere
 * after the reconnect grace, as when it dies. A repeat goes on where a crash left it: an agent without profile that is
 * still connected is not removed yet.
 * @throws NotFoundError when there is none of this tenant's.
 */
export const removeAgent = async (services: Services, principal: Principal, agentId: AgentId): Promise<void> => {
  const { tenant } = principal;
  const item = await services.table.get(keys.profile(tenant, agentId), { consistent: true });
  if (item !== undefined) {
    const profile = Profile.parse(item);
    await strikeOff(services, profile);
    await leaveAll(services, { tenant, agentId });
    await removeProfile(services, profile);
  }
  const slots = await readSlots(services, tenant, agentId);
  if (slots?.connection !== undefined) return sendAway(services, slots, slots.connection);
  if (item === undefined) throw new NotFoundError('agent', agentId);
};

const sendAway = async (services: Services, { agentId }: Slots, connection: string): Promise<void> => {
  await pushFrame(services, connection, 'agent.replaced', { agentId });
  await services.sockets.close(connection);
};

/**
 * Ends a removal that died after it deleted the profile, and that nobody repeated: the agent is still connected. For the
 * sweep. The first look may lag behind, and decides nothing alone. Returns whether there was one.
 */
export const finishRemoval = async (services: Services, slots: Slots): Promise<boolean> => {
  const { tenant, agentId, connection } = slots;
  const key = keys.profile(tenant, agentId);
  if (connection === undefined || (await services.table.get(key)) !== undefined) return false;
  if ((await services.table.get(key, { consistent: true })) !== undefined) return false;
  await endSlots(services, { tenant, agentId });
  await sendAway(services, slots, connection);
  return true;
};
