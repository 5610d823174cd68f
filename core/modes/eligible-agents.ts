import * as z from 'zod';
import { Profile, type RosterEntry, rosterEntryOf, type Slots } from '../agents/agent.ts';
import { readSlots } from '../agents/read-agent.ts';
import { lookForAgents } from '../agents/roster.ts';
import { AgentId, type TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { whyNotNow } from '../routing/candidate.ts';
import type { Wanted } from '../routing/wanted.ts';
import type { Services } from '../services.ts';

/** Whose agents. */
interface Fleet {
  readonly services: Services;
  readonly run: { readonly tenant: TenantId };
}

/** An agent that a mode may ask, as it is now. */
export interface EligibleAgent {
  readonly agent: RosterEntry;
  readonly slots: Slots;
  /** Connected, heard of lately, and willing: whatever it carries, it can be asked something. */
  readonly isLive: boolean;
}

const NameItem = z.looseObject({ agentId: AgentId });

const eligible = (services: Services, agent: RosterEntry, slots: Slots): EligibleAgent => ({
  agent,
  slots,
  isLive: whyNotNow(0, slots, services.clock.now()) === undefined,
});

/**
 * The agents that fit what is wanted, by id: all up to a hundred; of more, some hundred of them. Not the same at
 * two times: whoever chooses among them notes the choice.
 */
export const eligibleAgents = async ({ services, run }: Fleet, wanted: Wanted): Promise<readonly EligibleAgent[]> => {
  const { candidates } = await lookForAgents(services, run.tenant, wanted, 'wide');
  return candidates
    .map(({ agent, slots }) => eligible(services, agent, slots))
    .toSorted((a, b) => (a.agent.agentId < b.agent.agentId ? -1 : 1));
};

/** The agents of these names, in their order; `undefined` for a name that no agent ever had, or whose agent was removed. */
export const agentsNamed = async (
  { services, run: { tenant } }: Fleet,
  names: readonly string[],
): Promise<readonly (EligibleAgent | undefined)[]> =>
  Promise.all(
    names.map(async (name) => {
      const item = await services.table.get(keys.agentName(tenant, name), { consistent: true });
      if (item === undefined) return undefined;
      const { agentId } = NameItem.parse(item);
      const slots = await readSlots(services, tenant, agentId);
      const profile = Profile.safeParse(await services.table.get(keys.profile(tenant, agentId), { consistent: true }));
      return slots === undefined || !profile.success
        ? undefined
        : eligible(services, rosterEntryOf(profile.data), slots);
    }),
  );
