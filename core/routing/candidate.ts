import type { RosterEntry, Slots } from '../agents/agent.ts';
import { breakerState } from '../agents/breaker.ts';
import { loadOf } from '../agents/slots.ts';
import { limits, timings } from '../contract/limits.ts';
import type { Requirements } from '../contract/task.ts';
import { isRuledOut } from './affinity.ts';

/** An agent as a strategy sees it: what it can do, and what it carries now. */
export interface Candidate {
  readonly agent: RosterEntry;
  readonly slots: Slots;
}

/** Why an agent is not given a task. The words that `explain` shows. */
export type WhyNot =
  | 'capability_missing'
  | 'confidence_too_low'
  | 'label_mismatch'
  | 'wrong_type'
  | 'pinned_to_another'
  | 'offline'
  | 'silent'
  | 'draining'
  | 'inactive'
  | 'paused'
  | 'breaker_open'
  | 'full';

/** Whether an agent could ever have the task: what the roster tells, whatever its load. */
export const whyNotFit = (requirements: Requirements, agent: RosterEntry): WhyNot | undefined => {
  if (requirements.agentId !== undefined && requirements.agentId !== agent.agentId) return 'pinned_to_another';
  if (requirements.agentType !== undefined && requirements.agentType !== agent.type) return 'wrong_type';
  const confidence = new Map(agent.capabilities.map((capability) => [capability.name, capability.confidence]));
  for (const name of requirements.capabilities) {
    const has = confidence.get(name);
    if (has === undefined) return 'capability_missing';
    if (has < (requirements.minConfidence ?? 0)) return 'confidence_too_low';
  }
  const mismatch = Object.entries(requirements.labels ?? {}).some(([name, value]) => agent.labels[name] !== value);
  return mismatch || isRuledOut(requirements, agent.labels) ? 'label_mismatch' : undefined;
};

/** Open, or half open with its probe still at work. */
const isBroken = (slots: Slots, nowMs: number): boolean => {
  const state = breakerState(slots, nowMs);
  return state === 'open' || (state === 'half_open' && Object.keys(slots.assigned).length > 0);
};

/** Claims that cost nothing take room in the slots item all the same, and a heartbeat lists no more than these. */
const holdsMost = (slots: Slots): boolean => Object.keys(slots.assigned).length >= limits.claimsPerAgent;

/** Whether an agent can take a task of this cost now. Clocks hint; the claim's own guard decides. */
export const whyNotNow = (slotCost: number, slots: Slots, nowMs: number): WhyNot | undefined => {
  if (slots.status !== 'active') return slots.status;
  if (slots.paused === true) return 'paused';
  if (slots.connection === undefined) return 'offline';
  if (slots.seenAt + timings.silentAfterMs < nowMs) return 'silent';
  if (isBroken(slots, nowMs)) return 'breaker_open';
  return (slotCost > 0 && slots.freeSlots < slotCost) || holdsMost(slots) ? 'full' : undefined;
};

/** Share of the agent's limit that is taken: 0 idle, 1 full. */
export const utilisation = ({ slots }: Candidate): number => loadOf(slots) / slots.maxConcurrency;
