import { sha256Hex } from '../common/hash-id.ts';
import type { AgentId, TenantId } from '../contract/ids.ts';
import { anyCapability, keys } from '../contract/keys.ts';
import { type Candidate, whyNotFit } from '../routing/candidate.ts';
import { requirementSignature } from '../routing/signature.ts';
import type { Wanted } from '../routing/wanted.ts';
import type { Services } from '../services.ts';
import { Profile, RosterEntry, rosterEntryOf, Slots } from './agent.ts';

/** An agent's place on every roster: as good as random, and the same each time. */
const tokenOf = (agentId: AgentId): string => sha256Hex(agentId).slice(0, 16);

/** Agents looked at first; one item is at most 4 KB, usually 200 bytes. */
const firstLook = 20;
/** Agents looked at when none of the first is free. A pool up to this is seen whole. */
const wideLook = 100;
const sizeCacheMs = 60_000;

const capabilityNames = (profile: Pick<Profile, 'capabilities'>): readonly string[] => [
  anyCapability,
  ...profile.capabilities.map((capability) => capability.name),
];

/** Puts an agent on the rosters of its capabilities, and off those that it no longer has. Repeatable. */
export const enrol = async (services: Services, profile: Profile, before: Profile | undefined): Promise<void> => {
  const now = capabilityNames(profile);
  const gone = before === undefined ? [] : capabilityNames(before).filter((name) => !now.includes(name));
  const token = tokenOf(profile.agentId);
  await Promise.all([
    ...now.map((name) =>
      services.table.put({ key: keys.roster(profile.tenant, name, token), item: rosterEntryOf(profile), clauses: {} }),
    ),
    ...gone.map((name) => services.table.remove({ key: keys.roster(profile.tenant, name, token), clauses: {} })),
  ]);
};

/** Takes an agent off every roster. */
export const strikeOff = async (services: Services, profile: Profile): Promise<void> => {
  const token = tokenOf(profile.agentId);
  await Promise.all(
    capabilityNames(profile).map((name) =>
      services.table.remove({ key: keys.roster(profile.tenant, name, token), clauses: {} }),
    ),
  );
};

/** Orders an environment's looks and claims: a look may have missed a claim of a later turn. */
export const claimTurns = 'claims';

/** Some fit agents with their live load. `complete`: there are no others. */
export interface Look {
  readonly candidates: readonly Candidate[];
  readonly seen: number;
  readonly complete: boolean;
  /** When it began, in the order of this environment's looks and claims. */
  readonly turn: number;
}

const sizeKey = (tenant: string, capability: string): string => `roster-size:${tenant}#${capability}`;

const knownSize = (services: Services, tenant: string, capability: string): number | undefined => {
  const size = services.cache.get(sizeKey(tenant, capability), services.clock.now());
  return typeof size === 'number' ? size : undefined;
};

/**
 * Of the required capabilities the one with the shortest roster; the first one while none is known. One that is not known is
 * looked at rather than one that goes beyond a first look: whoever has all that is required may be the only one on it.
 */
const rarest = (services: Services, tenant: string, capabilities: readonly string[]): string => {
  const sizeOf = (capability: string): number => knownSize(services, tenant, capability) ?? firstLook + 0.5;
  return capabilities.toSorted((a, b) => sizeOf(a) - sizeOf(b))[0] ?? anyCapability;
};

const randomToken = (services: Services): string => Buffer.from(services.random.bytes()).toString('hex').slice(0, 16);

const readRoster = async (
  services: Services,
  tenant: string,
  capability: string,
  limit: number,
): Promise<{ entries: readonly RosterEntry[]; complete: boolean }> => {
  const partition = keys.roster(tenant, capability, '').pk;
  const isLong = (knownSize(services, tenant, capability) ?? 0) > limit;
  const start = isLong ? randomToken(services) : undefined;
  const first = await services.table.query({ partition, limit, ...(start === undefined ? {} : { from: start }) });
  const items = [...first.items];
  if (start !== undefined && items.length < limit) {
    const rest = await services.table.query({ partition, limit: limit - items.length, upTo: start });
    items.push(...rest.items.filter((item) => !items.some((known) => known['sk'] === item['sk'])));
  }
  const complete = start === undefined && first.cursor === undefined;
  const size = complete ? items.length : limit + 1;
  services.cache.set(sizeKey(tenant, capability), size, services.clock.now() + sizeCacheMs);
  return { entries: items.map((item) => RosterEntry.parse(item)), complete };
};

const readSlots = async (
  services: Services,
  tenant: TenantId,
  entries: readonly RosterEntry[],
): Promise<readonly Candidate[]> => {
  if (entries.length === 0) return [];
  const items = await services.table.getMany(entries.map((entry) => keys.slots(tenant, entry.agentId)));
  const byAgent = new Map(items.map((item) => Slots.parse(item)).map((slots) => [slots.agentId, slots]));
  return entries.flatMap((agent) => {
    const slots = byAgent.get(agent.agentId);
    return slots === undefined ? [] : [{ agent, slots }];
  });
};

const lookAtPinned = async (
  services: Services,
  tenant: TenantId,
  agentId: AgentId,
): Promise<readonly RosterEntry[]> => {
  const profile = Profile.safeParse(await services.table.get(keys.profile(tenant, agentId)));
  return profile.success ? [rosterEntryOf(profile.data)] : [];
};

/**
 * Fit agents for what is wanted: 20 from a random place of the rarest capability's roster, or up to 100 when `wide`.
 * Cost does not grow with the fleet. Eventually consistent: the claim decides.
 */
export const lookForAgents = async (
  services: Services,
  tenant: TenantId,
  wanted: Wanted,
  width: 'first' | 'wide',
): Promise<Look> => {
  const { requirements } = wanted;
  const pinned = requirements.agentId;
  const turn = services.cache.turn(claimTurns);
  const { entries, complete } =
    pinned === undefined
      ? await readRoster(
          services,
          tenant,
          rarest(services, tenant, requirements.capabilities),
          width === 'wide' ? wideLook : firstLook,
        )
      : { entries: await lookAtPinned(services, tenant, pinned), complete: true };
  const fit = entries.filter((agent) => whyNotFit(wanted, agent) === undefined);
  return { candidates: await readSlots(services, tenant, fit), seen: entries.length, complete, turn };
};

/** The first looks that one handler has under way, by what is wanted. */
export type Looks = Map<string, Promise<Look>>;

/**
 * A first look that is shared with those of the same handler that ask for the same while it is under way: they would all
 * see the same, and each look reads the slots of every fit agent.
 */
export const lookTogether = (services: Services, tenant: TenantId, wanted: Wanted, looks: Looks): Promise<Look> => {
  const key = `${tenant}#${requirementSignature(wanted)}`;
  const underWay = looks.get(key);
  if (underWay !== undefined) return underWay;
  const look = lookForAgents(services, tenant, wanted, 'first').finally(() => looks.delete(key));
  looks.set(key, look);
  return look;
};

/** Names beyond what a wide look reads; more than anybody reads through. */
const namedBeyond = 200;

/** Agents that a look did not see, by name only: for people who ask why one of them was not chosen. */
export const namesBeyond = async (
  services: Services,
  tenant: TenantId,
  look: Look,
): Promise<readonly { readonly agentId: AgentId; readonly name: string }[]> => {
  if (look.complete) return [];
  const seen = new Set(look.candidates.map(({ agent }) => agent.agentId));
  const partition = keys.roster(tenant, anyCapability, '').pk;
  const { items } = await services.table.query({ partition, limit: namedBeyond });
  return items
    .map((item) => RosterEntry.parse(item))
    .filter(({ agentId }) => !seen.has(agentId))
    .map(({ agentId, name }) => ({ agentId, name }));
};
