import { Slots } from '../agents/agent.ts';
import { findAgent } from '../agents/find-agent.ts';
import { isRemoved } from '../agents/slots.ts';
import { AgentId, type TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';

const cacheKeyOf = (tenant: string, agentId: string): string => `mail-address:${tenant}#${agentId}`;

/** What an environment remembers of an agent: that there is one, and over which connection it was reached last. */
interface Known {
  readonly connection: string | undefined;
}

const isKnown = (value: unknown): value is Known =>
  typeof value === 'object' && value !== null && 'connection' in value;

const agentsPerRead = 100;
/** Whatever is wrong of it shows at the next push: it is not asked about again meanwhile. */
const addressMs = 5 * 60_000;

/** Reads where agents are now. Whoever does not exist, or not any more, is left out. */
const look = async (
  services: Services,
  tenant: TenantId,
  agentIds: readonly AgentId[],
): Promise<ReadonlyMap<AgentId, Known>> => {
  const found = new Map<AgentId, Known>();
  for (let from = 0; from < agentIds.length; from += agentsPerRead) {
    const part = agentIds.slice(from, from + agentsPerRead);
    const items = await services.table.getMany(
      part.map((agentId) => keys.slots(tenant, agentId)),
      { consistent: true },
    );
    for (const slots of items.map((item) => Slots.parse(item)))
      if (!isRemoved(slots)) found.set(slots.agentId, { connection: slots.connection });
  }
  const untilMs = services.clock.now() + addressMs;
  for (const [agentId, known] of found) services.cache.set(cacheKeyOf(tenant, agentId), known, untilMs);
  return found;
};

const remembered = (services: Services, tenant: TenantId, agentId: AgentId): Known | undefined => {
  const known = services.cache.get(cacheKeyOf(tenant, agentId), services.clock.now());
  return isKnown(known) ? known : undefined;
};

/**
 * Where agents are, for pushing what has just been stored for them. A connection is remembered for some minutes, since
 * a wrong one answers 410 and is looked up again; that an agent is away is never remembered:
 *
 * ```
 * sender   stores the mail ──────────── reads the agent: no connection: it stays
 * agent        registers: connection written ──── reads its mail: there it is
 * ```
 */
export const addressesOf = async (
  services: Services,
  tenant: TenantId,
  agentIds: readonly AgentId[],
): Promise<ReadonlyMap<AgentId, string>> => {
  const addresses = new Map<AgentId, string>();
  const unknown: AgentId[] = [];
  for (const agentId of agentIds) {
    const connection = remembered(services, tenant, agentId)?.connection;
    if (connection === undefined) unknown.push(agentId);
    else addresses.set(agentId, connection);
  }
  for (const [agentId, { connection }] of await look(services, tenant, unknown))
    if (connection !== undefined) addresses.set(agentId, connection);
  return addresses;
};

/** Where an agent is now, whatever was remembered. */
export const lookAgain = async (
  services: Services,
  tenant: TenantId,
  agentId: AgentId,
): Promise<string | undefined> => {
  services.cache.forget(cacheKeyOf(tenant, agentId));
  return (await look(services, tenant, [agentId])).get(agentId)?.connection;
};

const nameCacheKey = (tenant: string, name: string): string => `agent-name:${tenant}#${name}`;

const byName = async (services: Services, tenant: TenantId, name: string): Promise<AgentId> => {
  const nowMs = services.clock.now();
  const known = AgentId.safeParse(services.cache.get(nameCacheKey(tenant, name), nowMs));
  if (known.success) return known.data;
  const agentId = await findAgent(services, tenant, name);
  services.cache.set(nameCacheKey(tenant, name), agentId, nowMs + timings.connectionCacheMs);
  return agentId;
};

/**
 * The agent that an address names, by its id or its name. What exists is remembered for half a minute; a name is there for
 * as long as its agent is.
 * @throws NotFoundError when this tenant has none.
 */
export const findRecipient = async (services: Services, tenant: TenantId, to: string): Promise<AgentId> => {
  const byId = AgentId.safeParse(to);
  if (!byId.success) return byName(services, tenant, to);
  const agentId = byId.data;
  const isThere =
    remembered(services, tenant, agentId) !== undefined || (await look(services, tenant, [agentId])).has(agentId);
  if (!isThere) throw new NotFoundError('agent', to);
  return agentId;
};
