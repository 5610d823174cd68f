import * as z from 'zod';
import { connectionIdOf } from '../contract/address.ts';
import { AgentId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { AppError } from '../errors/app-error.ts';
import type { Services } from '../services.ts';
import { absent, any, equal, present, set } from '../table/conditions.ts';
import type { Item } from '../table/table.ts';
import { Principal } from './principal.ts';

/** What the platform knows of an open socket. Every frame is authorised from this, never from what the frame says. */
export const Connection = z.looseObject({
  /** Its address (`core/contract/address.ts`): what frames are sent to. */
  connectionId: z.string(),
  principal: Principal,
  agentId: AgentId.optional(),
  epoch: z.int().optional(),
  expiresAt: z.number(),
});
export type Connection = z.infer<typeof Connection>;

/** The socket was closed or taken over: whatever it still says has no effect. */
export class StaleConnectionError extends AppError {
  override readonly name = 'StaleConnectionError';
  constructor() {
    super('STALE_CONNECTION', 'This connection is no longer the one the platform knows. Connect again.');
  }
}

const cacheKey = (address: string): string => `connection:${connectionIdOf(address)}`;

/** Remembers a new socket. Ends by itself a little after the gateway would have closed it. */
export const openConnection = async (services: Services, connectionId: string, principal: Principal): Promise<void> => {
  const expiresAt = services.clock.now() + timings.connectionAgeMs + 60_000;
  const key = keys.connection(connectionId);
  const endsEarlier = principal.endsAt !== undefined && principal.endsAt < expiresAt;
  await services.table.put({
    key,
    item: {
      connectionId,
      principal,
      expiresAt,
      expiresAtEpochSeconds: Math.ceil(expiresAt / 1000),
      // Found by whose it is when its credential is revoked, and by the sweep when that ends by itself.
      ...indexKeys.socket(principal.tenant, principal.id, connectionId),
      ...(endsEarlier ? indexKeys.due(key, principal.endsAt ?? 0) : {}),
    },
    clauses: { isNew: absent('pk') },
  });
};

/**
 * The connection behind a frame: read strongly on first use in an environment, then remembered at most 30 s.
 * A record that names no agent yet is read again unless it is used `asClient`, so a registration elsewhere is seen at
 * once.
 * @throws StaleConnectionError when there is none.
 */
export const loadConnection = async (
  services: Services,
  connectionId: string,
  { asClient = false }: { readonly asClient?: boolean } = {},
): Promise<Connection> => {
  const nowMs = services.clock.now();
  const remembered = Connection.safeParse(services.cache.get(cacheKey(connectionId), nowMs));
  if (remembered.success && (asClient || remembered.data.agentId !== undefined)) return remembered.data;
  const stored = Connection.safeParse(await services.table.get(keys.connection(connectionId), { consistent: true }));
  if (!stored.success || stored.data.expiresAt <= nowMs) throw new StaleConnectionError();
  services.cache.set(cacheKey(connectionId), stored.data, nowMs + timings.connectionCacheMs);
  return stored.data;
};

/**
 * Notes which agent speaks over a connection.
 * @throws StaleConnectionError when the connection was closed meanwhile, or speaks for another agent.
 */
export const bindConnection = async (
  services: Services,
  connectionId: string,
  agent: { agentId: AgentId; epoch: number },
): Promise<void> => {
  const written = await services.table.update({
    key: keys.connection(connectionId),
    set: [set('agentId', agent.agentId), set('epoch', agent.epoch)],
    clauses: { isOpen: present('pk'), speaksForNobodyElse: any(absent('agentId'), equal('agentId', agent.agentId)) },
  });
  services.cache.forget(cacheKey(connectionId));
  if (!written.won) throw new StaleConnectionError();
};

/** A connection whose credential ends before it, as the sweep meets it. Returns whether it was closed. */
export const sweepConnection = async (services: Services, item: Item): Promise<number> => {
  const connection = Connection.parse(item);
  if ((connection.principal.endsAt ?? Infinity) > services.clock.now()) return 0;
  await services.sockets.close(connection.connectionId);
  return 1;
};

/** Forgets a connection; answers what was known of it, once. */
export const closeConnection = async (services: Services, connectionId: string): Promise<Connection | undefined> => {
  services.cache.forget(cacheKey(connectionId));
  const removed = await services.table.remove({ key: keys.connection(connectionId), clauses: {} });
  return Connection.safeParse(removed.item).data;
};
