import { Profile, type RosterEntry, rosterEntryOf, Slots } from '../agents/agent.ts';
import { breakerRule, opensBreaker } from '../agents/breaker.ts';
import type { Outcome } from '../agents/history.ts';
import { readSlots } from '../agents/read-agent.ts';
import { type Claim, claimSlot, releaseAndClaim, releaseSlot } from '../agents/slots.ts';
import type { AgentId, TaskId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { hasDeclined, whyNotFit, whyNotNow } from '../routing/candidate.ts';
import type { Services } from '../services.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { assignTask } from '../tasks/task-writes.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { foundNone, nextQueued } from './backlog.ts';
import { claimAgent, slotEntryFor, unclaim } from './claim-agent.ts';
import { deliverTogether } from './deliver-together.ts';
import { setTimers } from './set-timers.ts';

type RoutableAgent = RosterEntry & Pick<Profile, 'tenant' | 'batchTypes'>;

/** What an agent can do, remembered for seconds: a profile changes slowly, and a wrong guess only costs a try. */
const agentOf = async (services: Services, tenant: TenantId, agentId: AgentId): Promise<RoutableAgent | undefined> => {
  const nowMs = services.clock.now();
  const cacheKey = `profile:${tenant}#${agentId}`;
  const remembered = Profile.safeParse(services.cache.get(cacheKey, nowMs));
  const profile = remembered.success
    ? remembered
    : Profile.safeParse(await services.table.get(keys.profile(tenant, agentId)));
  if (!profile.success) return undefined;
  services.cache.set(cacheKey, profile.data, nowMs + timings.connectionCacheMs);
  return { ...rosterEntryOf(profile.data), tenant, batchTypes: profile.data.batchTypes };
};

/** Forgets what an environment remembers of an agent's abilities. */
export const forgetAgent = (services: Services, tenant: TenantId, agentId: AgentId): void =>
  services.cache.forget(`profile:${tenant}#${agentId}`);

const readQueued = async (services: Services, tenant: TenantId, taskId: TaskId): Promise<Task | undefined> => {
  const found = readTask(await services.table.get(keys.task(tenant, taskId), { consistent: true }));
  return found.kind === 'task' && found.task.status === 'QUEUED' && found.task.deadlineAt > services.clock.now()
    ? found.task
    : undefined;
};

/** The second write of an assignment; gives the claim back when somebody was faster. */
const assignOnly = async (services: Services, task: Task, slots: Slots, claim: Claim): Promise<Task | undefined> => {
  const decision = { strategy: 'backlog', seen: 1, eligible: 1 };
  const assignment = {
    agentId: slots.agentId,
    agentName: slots.name,
    claim: claim.claim,
    decision,
    nowMs: services.clock.now(),
  };
  const written = await services.table.update(assignTask(task, assignment));
  if (!written.won) {
    await unclaim(services, claim);
    return undefined;
  }
  const now = readTask(written.item);
  return now.kind === 'task' ? now.task : undefined;
};

/** Whoever must know of assignments that are written. */
const announceAssigned = async (
  services: Services,
  tasks: readonly Task[],
  slots: Slots,
  batchTypes: readonly string[] = [],
): Promise<void> => {
  await Promise.all([
    deliverTogether(services, tasks, slots, batchTypes),
    ...tasks.flatMap((task) => [tellOfTask(services, task, 'task.assigned'), setTimers(services, task)]),
  ]);
};

const assignClaimed = async (services: Services, task: Task, slots: Slots, claim: Claim): Promise<boolean> => {
  const assigned = await assignOnly(services, task, slots, claim);
  if (assigned !== undefined) await announceAssigned(services, [assigned], slots);
  return assigned !== undefined;
};

const claimOf = (slots: Slots, task: Task, claim: Claim['claim']): Claim => ({
  tenant: slots.tenant,
  agentId: slots.agentId,
  taskId: task.taskId,
  claim,
  cost: task.slotCost,
});

/** A backlog that was named before its tasks' type was part of the name has tasks of any type. */
const canDo = (agent: RosterEntry, slots: Slots, task: Task): boolean =>
  whyNotFit(task, agent) === undefined && !hasDeclined(task, slots);

const hasGivenUp = ({ agentId }: Pick<Slots, 'agentId'>, { avoid, excluded }: Task): boolean =>
  avoid?.includes(agentId) === true || excluded?.includes(agentId) === true;

/** What came of one queued task: what of the agent's room it took, and the assignment that is still to be delivered. */
interface Taken {
  readonly cost: number;
  readonly assigned?: Task | undefined;
}

const takeOne = async (services: Services, agent: RoutableAgent, slots: Slots, taskId: TaskId): Promise<Taken> => {
  const task = await readQueued(services, slots.tenant, taskId);
  if (task === undefined || !canDo(agent, slots, task)) return { cost: 0 };
  if (hasGivenUp(slots, task)) {
    // The agent gave it up before, or is never to have it: who may have it depends on who else there is.
    const chosen = await claimAgent(services, task);
    if (chosen.kind !== 'claimed') return { cost: 0 };
    await assignClaimed(services, task, chosen.slots, chosen.claim);
    return { cost: chosen.slots.agentId === slots.agentId ? task.slotCost : 0 };
  }
  const entry = slotEntryFor(services, task);
  const claimed = await services.table.update(claimSlot(slots, taskId, entry));
  if (!claimed.won) return { cost: 0 };
  const assigned = await assignOnly(services, task, Slots.parse(claimed.item), claimOf(slots, task, entry.claim));
  return { cost: task.slotCost, assigned };
};

/** Looked at beyond the free slots, so that tasks that are gone, too costly or given up do not hold up those behind. */
const spares = 10;

/**
 * Gives an agent with room the queued tasks whose turn it is, up to all its free slots. Every event that creates room or
 * eligibility runs this, so a queued task never waits for one that does not come (I5). Repeatable.
 */
export const fillAgent = async (
  services: Services,
  tenant: TenantId,
  agentId: AgentId,
  known?: Slots,
): Promise<void> => {
  const slots = known ?? (await readSlots(services, tenant, agentId));
  if (slots === undefined || whyNotNow(1, slots, services.clock.now()) !== undefined) return;
  const agent = await agentOf(services, tenant, agentId);
  if (agent === undefined) return;
  const taskIds = await nextQueued(services, { ...agent, unhandled: slots.unhandled }, slots.freeSlots + spares);
  let room = slots.freeSlots;
  for (let next = 0; room > 0 && next < taskIds.length; ) {
    const batch = taskIds.slice(next, next + room);
    next += batch.length;
    const taken = await Promise.all(batch.map((taskId) => takeOne(services, agent, slots, taskId)));
    const assigned = taken.flatMap((one) => one.assigned ?? []);
    await announceAssigned(services, assigned, slots, agent.batchTypes);
    room -= taken.reduce((sum, { cost }) => sum + cost, 0);
  }
};

/**
 * The task that an agent may go on to at once, read before its slot is freed. Not looked for while the last look of this
 * environment, not long ago, found none: the look after the release, which must be, finds what came since.
 */
const peek = async (services: Services, slots: Slots): Promise<Task | undefined> => {
  const nowMs = services.clock.now();
  if (whyNotNow(0, slots, nowMs) !== undefined || foundNone(services, slots, nowMs)) return undefined;
  const agent = await agentOf(services, slots.tenant, slots.agentId);
  if (agent === undefined) return undefined;
  const [taskId] = await nextQueued(services, { ...agent, unhandled: slots.unhandled }, 1);
  const task = taskId === undefined ? undefined : await readQueued(services, slots.tenant, taskId);
  return task !== undefined && canDo(agent, slots, task) ? task : undefined;
};

/** Goes from one task to the next in one write, when there is a next one. Returns whether the slot was given away. */
const handOver = async (
  services: Services,
  held: Claim,
  before: Slots,
  outcome: Outcome | undefined,
): Promise<boolean> => {
  const next = await peek(services, before);
  if (next === undefined || next.taskId === held.taskId || hasGivenUp(before, next)) return false;
  const entry = slotEntryFor(services, next);
  const handed = await services.table.update(releaseAndClaim(held, before, { taskId: next.taskId, entry }, outcome));
  if (!handed.won) return false;
  const slots = Slots.parse(handed.item);
  const assigned = await assignClaimed(services, next, slots, claimOf(slots, next, entry.claim));
  if (!assigned) await fillAgent(services, held.tenant, held.agentId);
  return true;
};

/**
 * Frees a slot and gives it to the next queued task: in one write when there is one, else with a look at the backlog
 * after the release, which closes the gap in which a task was queued meanwhile. A failure that opens the agent's breaker
 * leaves the slot empty until the breaker's timer. A claim that is not there any more is no error.
 */
export const releaseAndFill = async (services: Services, held: Claim, outcome?: Outcome): Promise<void> => {
  const { tenant, agentId } = held;
  const before = await readSlots(services, tenant, agentId);
  if (before?.assigned[held.taskId]?.claim !== held.claim) return;
  const opens = outcome !== undefined && opensBreaker(before, outcome.succeeded);
  if (!opens && (await handOver(services, held, before, outcome))) return;
  const observed = outcome === undefined ? undefined : { outcome, before, nowMs: services.clock.now() };
  const released = await services.table.update(releaseSlot(held, observed));
  if (!released.won) return;
  if (opens) {
    services.log.warn('circuit breaker opened', { agentId });
    await services.queues.sendTimer({ kind: 'breaker', tenant, agentId }, Math.ceil(breakerRule.openMs / 1000));
  }
  await fillAgent(services, tenant, agentId, Slots.parse(released.item));
};
