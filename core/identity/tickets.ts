import * as z from 'zod';
import { sha256Hex } from '../common/hash-id.ts';
import type { TicketRequest, TicketView } from '../contract/access.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import type { Services } from '../services.ts';
import { atLeast } from '../table/conditions.ts';
import { UnauthenticatedError } from './authenticate.ts';
import { NotGrantedError, Principal, requireNoMore } from './principal.ts';

/** The subprotocol that a socket speaks, whoever opens it. */
export const subprotocol = 'muster.v1';
const ticketPrefix = 'ticket.';

const StoredTicket = z.looseObject({ principal: Principal });

/**
 * Makes a ticket: a credential for one connection within a minute, for browsers, which cannot send a header with a
 * WebSocket. It stands for its maker, or for less.
 *
 * @throws ForbiddenError for a role that may do more; NotGrantedError for another agent than the maker's own.
 */
export const createTicket = async (
  services: Services,
  principal: Principal,
  { role = principal.role, agentId = principal.agentId }: TicketRequest,
): Promise<TicketView> => {
  if (principal.agentId !== undefined && agentId !== principal.agentId)
    throw new NotGrantedError('agentId', 'This agent');
  requireNoMore(principal, { role, scopes: principal.scopes });
  const ticket = Buffer.concat([services.random.bytes(), services.random.bytes()]).toString('hex');
  const endsAt = services.clock.now() + timings.ticketMs;
  await services.table.put({
    key: keys.ticket(sha256Hex(ticket)),
    item: {
      principal: { ...principal, role, ...(agentId === undefined ? {} : { agentId }) },
      endsAt,
      expiresAtEpochSeconds: Math.ceil(endsAt / 1000),
    },
    clauses: {},
  });
  return { ticket, protocols: [subprotocol, `${ticketPrefix}${ticket}`], endsAt };
};

/** The ticket among the subprotocols that a client offers. */
export const ticketAmong = (protocols: readonly string[]): string | undefined =>
  protocols.find((protocol) => protocol.startsWith(ticketPrefix))?.slice(ticketPrefix.length);

/**
 * Spends a ticket. Only one of two that offer it at once gets in, and nobody after its minute, by the ticket's own time:
 * the store's expiry may be days late.
 *
 * ```
 * A  remove if endsAt ≥ now   ✔ in
 * B  remove if endsAt ≥ now   ✘ gone: refused
 * ```
 * @throws UnauthenticatedError.
 */
export const spendTicket = async (services: Services, ticket: string): Promise<Principal> => {
  const spent = await services.table.remove({
    key: keys.ticket(sha256Hex(ticket)),
    clauses: { stillGood: atLeast('endsAt', services.clock.now()) },
  });
  if (!spent.won) throw new UnauthenticatedError();
  return StoredTicket.parse(spent.item).principal;
};
