import { deliverAssignment } from '../assignment/deliver.ts';
import { fillAgent, forgetAgent, releaseAndFill } from '../assignment/fill-agent.ts';
import { hashUuid } from '../common/hash-id.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import { AgentId, TaskId, type TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { ConflictError } from '../errors/errors.ts';
import { bindConnection, loadConnection, StaleConnectionError } from '../identity/connection.ts';
import { NotGrantedError, type Principal, requireCapabilities } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent, any, equal, present, set, setAll } from '../table/conditions.ts';
import { readTask } from '../tasks/task.ts';
import { requireNotStopped } from '../tenants/require-not-stopped.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { nobody, Profile, profileFieldsOf, Slots } from './agent.ts';
import { disconnectAgent } from './disconnect-agent.ts';
import { AgentIdTakenError, AgentStoppedError, ConnectionTakenError } from './errors.ts';
import { readProfile, readSlots } from './read-agent.ts';
import { enrol } from './roster.ts';
import { attachConnection, isRemoved, layOutSlots, reviveSlots } from './slots.ts';

type Registration = ClientFrame<'agent.register'>;

export interface RegisterRequest {
  readonly principal: Principal;
  readonly connectionId: string;
  readonly seq: number;
  readonly registration: Registration;
}

/** How often a registration follows an agent that changes under it. */
const maxTries = 5;

/** The agent's id: the one it names, else the one its name always has in this tenant. */
export const agentIdOf = (
  { tenant }: Principal,
  registration: { readonly name: string; readonly agentId?: AgentId | undefined },
): AgentId => registration.agentId ?? AgentId.parse(`agt_${hashUuid('agent', tenant, registration.name)}`);

/** A name belongs to one agent of the tenant, for good. @throws AgentIdTakenError when it is another's. */
export const takeName = async (services: Services, tenant: TenantId, name: string, agentId: AgentId): Promise<void> => {
  const written = await services.table.put({
    key: keys.agentName(tenant, name),
    item: { agentId },
    clauses: { freeOrMine: any(absent('pk'), equal('agentId', agentId)) },
  });
  if (!written.won) throw new AgentIdTakenError('name');
};

/** Writes the profile for the principal that first registered the agent. @throws AgentIdTakenError for anybody else. */
const writeProfile = async (
  services: Services,
  principal: Principal,
  agentId: AgentId,
  registration: Registration,
): Promise<void> => {
  const { tenant } = principal;
  const key = keys.profile(tenant, agentId);
  const item = await services.table.get(key, { consistent: true });
  const before = item === undefined ? undefined : Profile.parse(item);
  // Who names no id has the one that belongs to the name: it is the name that is taken.
  const taken = registration.agentId === undefined ? 'name' : 'agentId';
  if (before !== undefined && before.owner !== principal.id && before.owner !== nobody)
    throw new AgentIdTakenError(taken);
  await takeName(services, tenant, registration.name, agentId);
  const nowMs = services.clock.now();
  const written = await services.table.update({
    key,
    set: setAll({
      ...profileFieldsOf(registration),
      tenant,
      agentId,
      owner: principal.id,
      createdAt: before?.createdAt ?? nowMs,
      updatedAt: nowMs,
      rev: (before?.rev ?? 0) + 1,
      ...indexKeys.list(tenant, 'AGENTS', agentId),
    }),
    clauses: { mine: any(absent('pk'), equal('owner', principal.id), equal('owner', nobody)) },
  });
  if (!written.won) throw new AgentIdTakenError(taken);
  forgetAgent(services, tenant, agentId);
  await enrol(services, Profile.parse(written.item), before);
};

/** The agent's slots as they stand, laid out for one that is new or was removed; `undefined` when somebody else is at it. */
const slotsFor = async (
  services: Services,
  { principal: { tenant }, registration: { name, maxConcurrency } }: RegisterRequest,
  agentId: AgentId,
): Promise<Slots | undefined> => {
  const found = await readSlots(services, tenant, agentId);
  if (found !== undefined && !isRemoved(found)) return found;
  const agent = { tenant, agentId };
  const written = await services.table.update(
    found === undefined ? layOutSlots({ ...agent, name, maxConcurrency }, services.clock.now()) : reviveSlots(agent),
  );
  return written.won ? Slots.parse(written.item) : undefined;
};

/**
 * Tells a connection that the agent has another one now, and closes it. Before the other one is written: whoever dies after
 * that has forgotten this one, and mail would be pushed to it for as long as it stays open, though nobody may be there.
 */
const sendAway = async (services: Services, agentId: AgentId, connection: string): Promise<void> => {
  await pushFrame(services, connection, 'agent.replaced', { agentId });
  await services.sockets.close(connection);
};

/**
 * Makes the connection the agent's own, unless the tenant is stopped; one that it had before is told and closed first.
 *
 * ```
 * register   slots are there ── tenant is open ── attach ✔ sees whether it was stopped
 * stop       tenant is stopped ── looks at all slots that are there ── stops each
 * ```
 * Whoever registers either finds the tenant stopped, or had its slots there before the stop looked: it is stopped with the
 * others, before or after it is attached.
 */
const attach = async (services: Services, request: RegisterRequest, agentId: AgentId): Promise<Slots> => {
  const { principal, connectionId, seq, registration } = request;
  const { tenant } = principal;
  for (let tries = 0; tries < maxTries; tries++) {
    const before = await slotsFor(services, request, agentId);
    if (before === undefined) continue;
    await requireNotStopped(services, tenant);
    if (before.connection !== undefined && before.connection !== connectionId)
      await sendAway(services, agentId, before.connection);
    const written = await services.table.update(
      attachConnection({
        tenant,
        agentId,
        name: registration.name,
        connection: connectionId,
        seq,
        maxConcurrency: registration.maxConcurrency,
        knownMaxConcurrency: before.maxConcurrency,
        nowMs: services.clock.now(),
      }),
    );
    if (written.won) return Slots.parse(written.item);
    const seen = written.item === undefined ? undefined : Slots.parse(written.item);
    // The same socket said something newer already: that stands.
    if (seen?.connection === connectionId && (seen.lastSeq ?? 0) >= seq) return seen;
  }
  throw new ConflictError(`Agent ${agentId}`);
};

/**
 * What the agent holds and does not say that it still works on: handed over again, or freed when its task was taken away
 * or has ended (whoever ended it died before the release; an ended task is never assigned again).
 */
const settleHeld = async (services: Services, slots: Slots, registration: Registration): Promise<void> => {
  const working = new Set(registration.resume?.tasks.map(({ taskId, attempt }) => `${taskId}:${attempt}`));
  const missing = Object.entries(slots.assigned).filter(
    ([taskId, entry]) => !working.has(`${taskId}:${entry.attempt}`),
  );
  await Promise.all(
    missing.map(async ([id, entry]) => {
      const taskId = TaskId.parse(id);
      const found = readTask(await services.table.get(keys.task(slots.tenant, taskId), { consistent: true }));
      const hasEnded = found.kind === 'task' && isTerminal(found.task.status);
      if (hasEnded || entry.revokedAt !== undefined) {
        const { tenant, agentId } = slots;
        await releaseAndFill(services, { tenant, agentId, taskId, claim: entry.claim, cost: entry.cost });
      } else if (found.kind === 'task' && found.task.status === 'ASSIGNED' && found.task.claim === entry.claim) {
        await deliverAssignment(services, found.task, slots);
      }
    }),
  );
};

/** What the agent said it works on but does not hold any more. */
const tellLost = async (
  services: Services,
  slots: Slots,
  { connectionId, registration }: RegisterRequest,
): Promise<void> => {
  const lost = (registration.resume?.tasks ?? []).filter(({ taskId, attempt }) => {
    const entry =
      slots.assigned[TaskId.safeParse(taskId).data ?? TaskId.parse('tsk_00000000-0000-0000-0000-000000000000')];
    return entry?.attempt !== attempt || entry.revokedAt !== undefined;
  });
  await Promise.all(
    lost.map(async ({ taskId, attempt }) => {
      const id = TaskId.safeParse(taskId);
      if (id.success) await pushFrame(services, connectionId, 'lease.lost', { taskId: id.data, attempt });
    }),
  );
};

/**
 * Registers an agent over a connection, new or come back: the profile, the slots item, and only then the connection's
 * record, which a disconnect deletes first; so one of the two always sees the other. A connection that it had before is
 * told `agent.replaced` and closed before any of the last two. `reply` is called when the agent may start, before work is handed to it.
 *
 * @throws AgentIdTakenError for another principal's id or name, ConnectionTakenError for a second agent over a connection,
 * NotGrantedError for a capability or an agent that its credential does not have, StaleConnectionError when the socket closed meanwhile,
 * NotFoundError when the agent was removed meanwhile, AgentStoppedError until an operator resumes it,
 * SystemStoppedError until the tenant is resumed.
 */
export const registerAgent = async (
  services: Services,
  request: RegisterRequest,
  reply: (slots: Slots) => Promise<void>,
): Promise<void> => {
  const { principal, connectionId, registration } = request;
  const agentId = agentIdOf(principal, registration);
  requireCapabilities(principal, registration.capabilities);
  if (principal.agentId !== undefined && principal.agentId !== agentId)
    throw new NotGrantedError('agentId', 'This agent');
  const connection = await loadConnection(services, connectionId);
  if (connection.agentId !== undefined && connection.agentId !== agentId)
    throw new ConnectionTakenError(connection.agentId);
  await writeProfile(services, principal, agentId, registration);
  const slots = await attach(services, request, agentId);
  if (slots.stoppedAt !== undefined) {
    await disconnectAgent(services, slots, connectionId);
    throw new AgentStoppedError(registration.name, slots.stopReason ?? '');
  }
  try {
    await bindConnection(services, connectionId, { agentId, epoch: slots.epoch });
  } catch (error) {
    if (error instanceof StaleConnectionError) await disconnectAgent(services, slots, connectionId);
    throw error;
  }
  // A removal deletes the profile and then looks for a connection: one of the two always sees the other.
  await readProfile(services, principal.tenant, agentId);
  await reply(slots);
  await Promise.all([settleHeld(services, slots, registration), tellLost(services, slots, request)]);
  await fillAgent(services, principal.tenant, agentId, slots);
};

/** Removes an agent for good: nothing new reaches it, and its name is free again. Its slots item ends by itself. */
export const removeProfile = async (services: Services, profile: Profile): Promise<void> => {
  await services.table.remove({
    key: keys.agentName(profile.tenant, profile.name),
    clauses: { mine: equal('agentId', profile.agentId) },
  });
  await services.table.remove({ key: keys.profile(profile.tenant, profile.agentId), clauses: {} });
  await endSlots(services, profile);
};

/** Lets the slots item of a removed agent end by itself. */
export const endSlots = async (services: Services, agent: Pick<Slots, 'tenant' | 'agentId'>): Promise<void> => {
  await services.table.update({
    key: keys.slots(agent.tenant, agent.agentId),
    set: [set('status', 'inactive'), set('expiresAtEpochSeconds', Math.ceil(services.clock.now() / 1000) + 86_400)],
    clauses: { exists: present('pk') },
  });
};
