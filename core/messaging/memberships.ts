import * as z from 'zod';
import { sha256Hex } from '../common/hash-id.ts';
import { AgentId, type TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { ContentFilter } from '../contract/messaging.ts';
import { shelfOf } from '../contract/topics.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { requireJoin } from './audience-rights.ts';
import { TooManyMembershipsError } from './errors.ts';

/** A group that an agent is in, or a pattern that it subscribes to. */
export type Membership =
  | { readonly kind: 'GROUP'; readonly name: string }
  | { readonly kind: 'TOPIC'; readonly name: string; readonly where?: ContentFilter | undefined };

interface Member {
  readonly tenant: TenantId;
  readonly agentId: AgentId;
}

/** An agent's place in every audience: as good as random, so that parts of an audience are equally large. */
export const placeOf = (agentId: AgentId): string => sha256Hex(agentId).slice(0, 16);

const Stored = z.looseObject({ sk: z.string() });

/** One member of an audience, as it is kept. */
export const StoredMember = z.looseObject({
  agentId: AgentId,
  /** Of a subscription. */
  pattern: z.string().optional(),
  where: ContentFilter.optional(),
});
export type StoredMember = z.infer<typeof StoredMember>;

const audienceKey = ({ tenant, agentId }: Member, { kind, name }: Membership) =>
  kind === 'GROUP'
    ? keys.audience(tenant, kind, name, placeOf(agentId))
    : keys.audience(tenant, kind, shelfOf(name), `${placeOf(agentId)}#${name}`);

/**
 * Makes an agent a member; a repeat replaces what it said before. The list of what an agent is in is written first, so
 * that whoever removes the agent finds every membership.
 * @throws AudienceForbiddenError, TooManyMembershipsError.
 */
export const join = async (
  services: Services,
  principal: Principal,
  member: Member,
  membership: Membership,
): Promise<void> => {
  const { kind, name } = membership;
  await requireJoin(services, principal, kind === 'GROUP' ? 'group' : 'topic', name);
  const own = keys.membership(member.tenant, member.agentId, kind, name);
  const limit = limits.membershipsPerAgent;
  const { items } = await services.table.query({ partition: own.pk, limit, consistent: true });
  if (items.length >= limit && !items.some((item) => item['sk'] === own.sk)) throw new TooManyMembershipsError();
  await services.table.put({ key: own, item: {}, clauses: {} });
  await services.table.put({
    key: audienceKey(member, membership),
    item: {
      agentId: member.agentId,
      ...(kind === 'TOPIC' ? { pattern: name } : {}),
      ...(kind === 'TOPIC' && membership.where !== undefined ? { where: membership.where } : {}),
    },
    clauses: {},
  });
};

/** Ends a membership; one that is not there is no error. The agent's own list is the last to forget it, as it was the first to know. */
export const leave = async (services: Services, member: Member, membership: Membership): Promise<void> => {
  await services.table.remove({ key: audienceKey(member, membership), clauses: {} });
  const own = keys.membership(member.tenant, member.agentId, membership.kind, membership.name);
  await services.table.remove({ key: own, clauses: {} });
};

/** Takes an agent that is being removed out of every group and topic. Repeatable. */
export const leaveAll = async (services: Services, member: Member): Promise<void> => {
  const partition = keys.membership(member.tenant, member.agentId, 'GROUP', '').pk;
  const { items } = await services.table.query({ partition, limit: 2 * limits.membershipsPerAgent, consistent: true });
  for (const item of items) {
    const { sk } = Stored.parse(item);
    const name = sk.slice(sk.indexOf('#') + 1);
    await leave(services, member, { kind: sk.startsWith('GROUP#') ? 'GROUP' : 'TOPIC', name });
  }
};
