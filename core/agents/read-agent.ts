import type { AgentId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { Profile, Slots } from './agent.ts';

/** An agent's slots as they are now, or `undefined` when there is no such agent. Strongly consistent. */
export const readSlots = async (services: Services, tenant: TenantId, agentId: AgentId): Promise<Slots | undefined> => {
  const item = await services.table.get(keys.slots(tenant, agentId), { consistent: true });
  return item === undefined ? undefined : Slots.parse(item);
};

/** An agent's profile. @throws NotFoundError when there is no such agent, or another tenant's. */
export const readProfile = async (services: Services, tenant: TenantId, agentId: AgentId): Promise<Profile> => {
  const item = await services.table.get(keys.profile(tenant, agentId), { consistent: true });
  if (item === undefined) throw new NotFoundError('agent', agentId);
  return Profile.parse(item);
};
