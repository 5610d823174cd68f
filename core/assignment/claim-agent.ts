import { type SlotEntry, Slots } from '../agents/agent.ts';
import { type Look, type Looks, lookForAgents, lookTogether } from '../agents/roster.ts';
import { type Claim, claimSlot, releaseSlot } from '../agents/slots.ts';
import { newClaimId } from '../common/new-id.ts';
import { AgentId } from '../contract/ids.ts';
import { type Candidate, hasDeclined, whyNotNow, whyNotThis } from '../routing/candidate.ts';
import { type Ranking, rank } from '../routing/rank.ts';
import { requirementSignature } from '../routing/signature.ts';
import type { Scored } from '../routing/strategy.ts';
import type { Services } from '../services.ts';
import { attemptDeadline, type Decision, type Task } from '../tasks/task.ts';
import { knownSettings } from '../tenants/settings.ts';
import { dropClaim, noteClaim, withRecentClaims } from './recent-claims.ts';

/** A reserved agent. */
export interface Claimed {
  readonly kind: 'claimed';
  /** The slots after the claim. */
  readonly slots: Slots;
  readonly claim: Claim;
  readonly decision: Decision;
}

/** `taken`: another dispatcher is at work on this very task, or the task is no longer to be had: stop. */
export type ClaimOutcome =
  | Claimed
  /** `isUnrunnable`: every agent there is was looked at, and none could ever have the task. */
  | { readonly kind: 'nobody'; readonly isUnrunnable: boolean }
  | { readonly kind: 'taken' };

/** A reservation for a task's next attempt. */
export const slotEntryFor = (services: Services, task: Task): SlotEntry => {
  const at = services.clock.now();
  return {
    attempt: task.attempt + 1,
    claim: newClaimId(services),
    cost: task.slotCost,
    deadline: Math.min(task.deadlineAt, attemptDeadline({ ...task, assignedAt: at })),
    at,
    type: task.type,
  };
};

const claimOne = async (
  services: Services,
  task: Task,
  candidate: Candidate,
): Promise<{ slots: Slots; claim: Claim } | 'taken' | 'lost'> => {
  const entry = slotEntryFor(services, task);
  const { tenant, agentId } = candidate.slots;
  noteClaim(services, candidate.slots, task.taskId, entry);
  const written = await services.table.update(claimSlot(candidate.slots, task.taskId, entry));
  if (written.won) {
    noteClaim(services, candidate.slots, task.taskId, entry);
    return {
      slots: Slots.parse(written.item),
      claim: { tenant, agentId, taskId: task.taskId, claim: entry.claim, cost: entry.cost },
    };
  }
  dropClaim(services, candidate.slots, task.taskId);
  const loserSees = written.item === undefined ? undefined : Slots.parse(written.item);
  services.log.info('claim lost', { taskId: task.taskId, agentId });
  return loserSees?.assigned[task.taskId] === undefined ? 'lost' : 'taken';
};

/** A cursor of its own for each kind of task: shared, two kinds that alternate would always meet the same agents. */
const cursorOf = (task: Task): string =>
  `${task.tenant}#${requirementSignature(task)}#${JSON.stringify(task.strategy ?? null)}`;

/** Best first; those that have no room left by the claims just made come last, so that no write is spent on them in vain. */
const inOrder = (ranking: Ranking, { slotCost }: Task, nowMs: number): readonly Scored[] => {
  const hasRoom = ({ candidate }: Scored): boolean => whyNotNow(slotCost, candidate.slots, nowMs) === undefined;
  return [...ranking.ranked.filter(hasRoom), ...ranking.ranked.filter((scored) => !hasRoom(scored))];
};

/** `isLast`: nobody is looked at beyond these, so what they could do is all that is known. */
const claimAmong = async (services: Services, task: Task, look: Look, isLast: boolean): Promise<ClaimOutcome> => {
  const nowMs = services.clock.now();
  const avoided = new Set<string>(task.avoid ?? []);
  const fit = look.candidates.filter(({ agent }) => task.excluded?.includes(agent.agentId) !== true);
  const free = fit.filter(({ slots }) => whyNotThis(task, slots, nowMs) === undefined);
  const preferred = free.filter(({ agent }) => !avoided.has(agent.agentId));
  // An agent that gave the task up gets it again only when nobody else is seen who could ever have it: in a fleet larger than
  // any look, too, the task would wait for its deadline beside the one agent that can do it.
  const othersExist =
    !isLast ||
    fit.some(
      ({ agent, slots }) =>
        !avoided.has(agent.agentId) &&
        !hasDeclined(task, slots) &&
        whyNotNow(0, slots, nowMs) === undefined &&
        task.slotCost <= slots.maxConcurrency,
    );
  const candidates = preferred.length > 0 || othersExist ? preferred : free;
  const strategy = task.strategy ?? (await knownSettings(services, task.tenant)).defaultStrategy;
  const ranking = rank(strategy, {
    task,
    candidates: candidates.map((candidate) => withRecentClaims(services, look, candidate)),
    nowMs,
    random: () => services.random.fraction(),
    turn: services.cache.turn(cursorOf(task)),
  });
  const asRead = new Map(candidates.map((candidate) => [candidate.slots.agentId, candidate]));
  for (const { candidate, score } of inOrder(ranking, task, nowMs)) {
    const claimed = await claimOne(services, task, asRead.get(candidate.slots.agentId) ?? candidate);
    if (claimed === 'taken') return { kind: 'taken' };
    if (claimed === 'lost') continue;
    const decision: Decision = {
      strategy: ranking.strategy,
      ...(ranking.decidedBy === ranking.strategy ? {} : { decidedBy: ranking.decidedBy }),
      seen: look.seen,
      eligible: candidates.length,
      score,
    };
    return { kind: 'claimed', ...claimed, decision };
  }
  return { kind: 'nobody', isUnrunnable: look.complete && fit.length === 0 };
};

/** An agent that a network kept from its work is asked first: it may have all that it needs by now. */
const claimLastHolder = async (services: Services, task: Task): Promise<ClaimOutcome | undefined> => {
  const agentId = AgentId.safeParse(task['lastAgentId']);
  if (task.error?.failureType !== 'network_failure' || !agentId.success) return undefined;
  const holder = { requirements: { ...task.requirements, agentId: agentId.data } };
  const look = await lookForAgents(services, task.tenant, holder, 'first');
  const outcome = await claimAmong(services, task, look, look.complete);
  return outcome.kind === 'nobody' ? undefined : outcome;
};

/**
 * Reserves the best agent that is free: 20 are looked at, up to 100 when none of those is. Each reservation is one
 * conditional write; lost ones cost a try at the next candidate. With `looks`, several tasks at once share the first look.
 */
export const claimAgent = async (services: Services, task: Task, looks?: Looks): Promise<ClaimOutcome> => {
  const again = await claimLastHolder(services, task);
  if (again !== undefined) return again;
  const first =
    looks === undefined
      ? await lookForAgents(services, task.tenant, task, 'first')
      : await lookTogether(services, task.tenant, task, looks);
  const outcome = await claimAmong(services, task, first, first.complete);
  if (outcome.kind !== 'nobody' || first.complete) return outcome;
  return claimAmong(services, task, await lookForAgents(services, task.tenant, task, 'wide'), true);
};

/** Gives a reservation back that did not become an assignment. */
export const unclaim = async (services: Services, claim: Claim): Promise<void> => {
  await services.table.update(releaseSlot(claim));
};
