import * as z from 'zod';
import { AgentId, type TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';

const Named = z.looseObject({ agentId: AgentId });

/** The id of an agent that is called by its id or its name. @throws NotFoundError when there is none of this tenant's. */
export const findAgent = async (services: Services, tenant: TenantId, idOrName: string): Promise<AgentId> => {
  const id = AgentId.safeParse(idOrName);
  const key = id.success ? keys.profile(tenant, id.data) : keys.agentName(tenant, idOrName);
  const found = Named.safeParse(await services.table.get(key, { consistent: true }));
  if (!found.success) throw new NotFoundError('agent', idOrName);
  return found.data.agentId;
};

/**
 * The same, but an id is not looked up: for whoever reads the agent next and finds out then.
 * @throws NotFoundError when there is no agent of this name.
 */
export const resolveAgent = async (services: Services, tenant: TenantId, idOrName: string): Promise<AgentId> => {
  const id = AgentId.safeParse(idOrName);
  return id.success ? id.data : findAgent(services, tenant, idOrName);
};
