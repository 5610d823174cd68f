import { fillAgent, forgetAgent } from '../assignment/fill-agent.ts';
import type { AgentUpdate } from '../contract/agent.ts';
import type { AgentId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { ConflictError, NotFoundError, PreconditionFailedError } from '../errors/errors.ts';
import { StaleConnectionError } from '../identity/connection.ts';
import type { Services } from '../services.ts';
import { equal, setAll } from '../table/conditions.ts';
import { requireNotStopped } from '../tenants/require-not-stopped.ts';
import { Profile, Slots } from './agent.ts';
import { agentVersion } from './agent-view.ts';
import { NeverConnectedError } from './errors.ts';
import { readProfile, readSlots } from './read-agent.ts';
import { enrol } from './roster.ts';
import { changeSlots, isRemoved, type SlotsChange } from './slots.ts';

/** Given when the agent itself asks: its frames apply in order, and only over its live connection. */
export interface FrameOrder {
  readonly connection: string;
  readonly seq: number;
}

const maxTries = 5;

/** Whether the profile was still as it was read, and is changed now. */
const writeProfileChange = async (services: Services, before: Profile, update: AgentUpdate): Promise<boolean> => {
  const { tenant, agentId } = before;
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
  if (!written.won) return false;
  forgetAgent(services, tenant, agentId);
  await enrol(services, Profile.parse(written.item), before);
  return true;
};

const changeProfile = async (
  services: Services,
  tenant: TenantId,
  agentId: AgentId,
  update: AgentUpdate,
): Promise<void> => {
  if (update.capabilities === undefined && update.labels === undefined) return;
  for (let tries = 0; tries < maxTries; tries++) {
    if (await writeProfileChange(services, await readProfile(services, tenant, agentId), update)) return;
  }
  throw new ConflictError(`Agent ${agentId}`);
};

const slotsChangeOf = ({ status, state, maxConcurrency }: AgentUpdate): SlotsChange => ({
  status,
  maxConcurrency,
  ...(state === undefined ? {} : { paused: state === 'paused' }),
});

/** An agent that was stopped with all others comes back with them. @throws SystemStoppedError. */
const requireMayWork = async (
  services: Services,
  { stoppedBy, tenant }: Slots,
  { status }: SlotsChange,
): Promise<void> => {
  if (status === 'active' && stoppedBy === 'tenant') await requireNotStopped(services, tenant);
};

const applySlots = async (
  services: Services,
  slots: Slots,
  change: SlotsChange,
  order?: FrameOrder,
): Promise<Slots> => {
  let seen = slots;
  for (let tries = 0; tries < maxTries; tries++) {
    await requireMayWork(services, seen, change);
    const written = await services.table.update(changeSlots(seen, change, order));
    if (written.won) return Slots.parse(written.item);
    if (written.item === undefined) throw new NotFoundError('agent', slots.agentId);
    seen = Slots.parse(written.item);
    if (isRemoved(seen)) throw new NotFoundError('agent', slots.agentId);
    if (order === undefined) continue;
    if (seen.connection !== order.connection) throw new StaleConnectionError();
    if ((seen.lastSeq ?? 0) >= order.seq) return seen;
  }
  throw new ConflictError(`Agent ${slots.agentId}`);
};

/**
 * The same, only if the agent is still the version that the caller has seen.
 *
 * ```
 * A  read v1 ── slots if as read ── profile if rev as read   ✔ v2
 * B  read v1 ──────────────────────────── slots if as read   ✘ PRECONDITION_FAILED, nothing changed
 * ```
 * Slots and profile are two items: should only the second be refused, the caller hears CONFLICT and reads again.
 *
 * @throws PreconditionFailedError, NotFoundError, ConflictError; SystemStoppedError for an agent that is to work while its
 * tenant is stopped.
 */
export const updateAgentVersion = async (
  services: Services,
  agent: { tenant: TenantId; agentId: AgentId },
  update: AgentUpdate,
  version: string,
): Promise<void> => {
  const { tenant, agentId } = agent;
  const profile = await readProfile(services, tenant, agentId);
  const slots = await readSlots(services, tenant, agentId);
  if (agentVersion(profile, slots) !== version) throw new PreconditionFailedError(`Agent ${agentId}`);
  const change = slotsChangeOf(update);
  const isSlotsChange = Object.values(change).some((value) => value !== undefined);
  if (isSlotsChange && slots === undefined) throw new NeverConnectedError(agentId);
  if (isSlotsChange && slots !== undefined) {
    await requireMayWork(services, slots, change);
    const written = await services.table.update(changeSlots(slots, change, undefined, true));
    if (!written.won) throw new PreconditionFailedError(`Agent ${agentId}`);
  }
  const isProfileChange = update.capabilities !== undefined || update.labels !== undefined;
  if (isProfileChange && !(await writeProfileChange(services, profile, update)))
    throw isSlotsChange ? new ConflictError(`Agent ${agentId}`) : new PreconditionFailedError(`Agent ${agentId}`);
  await fillAgent(services, tenant, agentId);
};

/** An agent that was made, and has never connected: it has a profile only. */
const updateDraft = async (
  services: Services,
  { tenant, agentId }: { tenant: TenantId; agentId: AgentId },
  update: AgentUpdate,
  isSlotsChange: boolean,
): Promise<void> => {
  await readProfile(services, tenant, agentId);
  if (isSlotsChange) throw new NeverConnectedError(agentId);
  await changeProfile(services, tenant, agentId, update);
};

/**
 * Changes what an agent can do and whether and how much it takes. A lowered limit binds new claims only. Whatever makes
 * room or eligibility gives the agent queued work at once.
 *
 * @throws NotFoundError, NeverConnectedError, StaleConnectionError; SystemStoppedError for an agent that is to work while its
 * tenant is stopped; ConflictError when others keep being faster.
 */
export const updateAgent = async (
  services: Services,
  agent: { tenant: TenantId; agentId: AgentId },
  update: AgentUpdate,
  order?: FrameOrder,
): Promise<void> => {
  const { tenant, agentId } = agent;
  const before = await readSlots(services, tenant, agentId);
  const change = slotsChangeOf(update);
  const isSlotsChange = order !== undefined || Object.values(change).some((value) => value !== undefined);
  if (before === undefined) return updateDraft(services, agent, update, isSlotsChange);
  const slots = isSlotsChange ? await applySlots(services, before, change, order) : before;
  // A newer frame of this connection was applied already: what this one says of the profile is as old as the rest.
  if (order !== undefined && (slots.lastSeq ?? 0) > order.seq) return;
  await changeProfile(services, tenant, agentId, update);
  await fillAgent(services, tenant, agentId, slots);
};
