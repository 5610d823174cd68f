import { fillAgent, forgetAgent } from '../assignment/fill-agent.ts';
import type { AgentUpdate } from '../contract/agent.ts';
import type { AgentId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { ConflictError, NotFoundError } from '../errors/errors.ts';
import { StaleConnectionError } from '../identity/connection.ts';
import type { Services } from '../services.ts';
import { equal, setAll } from '../table/conditions.ts';
import { Profile, Slots } from './agent.ts';
import { readProfile, readSlots } from './read-agent.ts';
import { enrol } from './roster.ts';
import { changeSlots, type SlotsChange } from './slots.ts';

/** Given when the agent itself asks: its frames apply in order, and only over its live connection. */
export interface FrameOrder {
  readonly connection: string;
  readonly seq: number;
}

const maxTries = 5;

const changeProfile = async (
  services: Services,
  tenant: TenantId,
  agentId: AgentId,
  update: AgentUpdate,
): Promise<void> => {
  if (update.capabilities === undefined && update.labels === undefined) return;
  for (let tries = 0; tries < maxTries; tries++) {
    const before = await readProfile(services, tenant, agentId);
    const written = await services.table.update({
      key: keys.profile(tenant, agentId),
      set: setAll({
        capabilities: update.capabilities,
        labels: update.labels,
        updatedAt: services.clock.now(),
        rev: before.rev + 1,
      }),
      clauses: { unchanged: equal('rev', before.rev) },
    });
    if (!written.won) continue;
    forgetAgent(services, tenant, agentId);
    return enrol(services, Profile.parse(written.item), before);
  }
  throw new ConflictError(`Agent ${agentId}`);
};

const slotsChangeOf = ({ status, state, maxConcurrency }: AgentUpdate): SlotsChange => ({
  status,
  maxConcurrency,
  ...(state === undefined ? {} : { paused: state === 'paused' }),
});

const applySlots = async (
  services: Services,
  slots: Slots,
  change: SlotsChange,
  order?: FrameOrder,
): Promise<Slots> => {
  let seen = slots;
  for (let tries = 0; tries < maxTries; tries++) {
    const written = await services.table.update(changeSlots(seen, change, order));
    if (written.won) return Slots.parse(written.item);
    if (written.item === undefined) throw new NotFoundError('agent', slots.agentId);
    seen = Slots.parse(written.item);
    if (order === undefined) continue;
    if (seen.connection !== order.connection) throw new StaleConnectionError();
    if ((seen.lastSeq ?? 0) >= order.seq) return seen;
  }
  throw new ConflictError(`Agent ${slots.agentId}`);
};

/**
 * Changes what an agent can do and whether and how much it takes. A lowered limit binds new claims only. Whatever makes
 * room or eligibility gives the agent queued work at once.
 *
 * @throws NotFoundError, StaleConnectionError; ConflictError when others keep being faster.
 */
export const updateAgent = async (
  services: Services,
  agent: { tenant: TenantId; agentId: AgentId },
  update: AgentUpdate,
  order?: FrameOrder,
): Promise<Slots> => {
  const { tenant, agentId } = agent;
  const before = await readSlots(services, tenant, agentId);
  if (before === undefined) throw new NotFoundError('agent', agentId);
  const change = slotsChangeOf(update);
  const isSlotsChange = order !== undefined || Object.values(change).some((value) => value !== undefined);
  const slots = isSlotsChange ? await applySlots(services, before, change, order) : before;
  // A newer frame of this connection was applied already: what this one says of the profile is as old as the rest.
  if (order !== undefined && (slots.lastSeq ?? 0) > order.seq) return slots;
  await changeProfile(services, tenant, agentId, update);
  await fillAgent(services, tenant, agentId, slots);
  return slots;
};
