import type { SlotEntry } from '../agents/agent.ts';
import { claimTurns, type Look } from '../agents/roster.ts';
import type { AgentId, TaskId, TenantId } from '../contract/ids.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { Services } from '../services.ts';

type Recent = readonly { readonly taskId: TaskId; readonly entry: SlotEntry; readonly turn: number }[];

/** What is remembered under these keys is this file's own: each candidate of each decision asks, so it is not parsed again. */
const isRecent = (value: unknown): value is Recent => Array.isArray(value);

interface AgentRef {
  readonly tenant: TenantId;
  readonly agentId: AgentId;
}

/** Longer than any look is under way. */
const keptMs = 10_000;
/** More than one environment gives one agent while a look is under way. */
const mostKept = 100;

const keyOf = ({ tenant, agentId }: AgentRef): string => `claims:${tenant}#${agentId}`;

const recentOf = (services: Services, agent: AgentRef): Recent => {
  const known = services.cache.get(keyOf(agent), services.clock.now());
  return isRecent(known) ? known : [];
};

const keep = (services: Services, agent: AgentRef, recent: Recent): void =>
  services.cache.set(keyOf(agent), recent.slice(-mostKept), services.clock.now() + keptMs);

/** Forgets a claim that was not to be had. */
export const dropClaim = (services: Services, agent: AgentRef, taskId: TaskId): void =>
  keep(
    services,
    agent,
    recentOf(services, agent).filter((known) => known.taskId !== taskId),
  );

/**
 * Remembers a claim that this environment is about to make, and again once it is made: looks that began before then do not
 * show it.
 */
export const noteClaim = (services: Services, agent: AgentRef, taskId: TaskId, entry: SlotEntry): void => {
  dropClaim(services, agent, taskId);
  keep(services, agent, [...recentOf(services, agent), { taskId, entry, turn: services.cache.turn(claimTurns) }]);
};

/**
 * A candidate with the claims that this environment has made since the look began: tasks that are placed at once see each
 * other, and spread over agents that the look showed as equal. For ranking only; what was read is what a claim names.
 */
export const withRecentClaims = (services: Services, { turn }: Look, candidate: Candidate): Candidate => {
  const { slots } = candidate;
  const missed = recentOf(services, slots).filter(
    (recent) => recent.turn > turn && slots.assigned[recent.taskId] === undefined,
  );
  if (missed.length === 0) return candidate;
  const assigned = { ...slots.assigned, ...Object.fromEntries(missed.map(({ taskId, entry }) => [taskId, entry])) };
  const cost = missed.reduce((sum, { entry }) => sum + entry.cost, 0);
  return { ...candidate, slots: { ...slots, assigned, freeSlots: slots.freeSlots - cost } };
};
