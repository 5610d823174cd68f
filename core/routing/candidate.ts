import type { RosterEntry, Slots } from '../agents/agent.ts';
import { breakerState } from '../agents/breaker.ts';
import { loadOf } from '../agents/slots.ts';
import { limits, timings } from '../contract/limits.ts';
import type { Requirements } from '../contract/task.ts';
import { isRuledOut } from './affinity.ts';
import { decidingType, type Wanted } from './wanted.ts';

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
  | 'no_handler'
  | 'pinned_to_another'
  | 'excluded'
  | 'offline'
  | 'silent'
  | 'draining'
  | 'inactive'
  | 'paused'
  | 'breaker_open'
  | 'full';

/** One thing that keeps an agent from ever having a task, and what exactly. */
export interface Lack {
  readonly why: WhyNot;
  /** The requirement that is not met, for people. */
  readonly what: string;
}

function* capabilitiesLacking({ capabilities, minConfidence = 0 }: Requirements, agent: RosterEntry): Generator<Lack> {
  const confidence = new Map(agent.capabilities.map((capability) => [capability.name, capability.confidence]));
  for (const name of capabilities) {
    const has = confidence.get(name);
    if (has === undefined) yield { why: 'capability_missing', what: name };
    else if (has < minConfidence) yield { why: 'confidence_too_low', what: `${name} ${has}, not ${minConfidence}` };
  }
}

/** An agent that says which types it does is given those alone; one that does not say is given anything. */
function* typesLacking(wanted: Wanted, { taskTypes }: RosterEntry): Generator<Lack> {
  const type = decidingType(wanted);
  if (type === undefined || taskTypes === undefined || taskTypes.includes(type)) return;
  yield { why: 'no_handler', what: `${type}; it does ${taskTypes.join(', ') || 'none'}` };
}

/** Everything that an agent lacks: what the roster tells, whatever its load. The first decides; people want them all. */
export function* lacksOf(wanted: Wanted, agent: RosterEntry): Generator<Lack> {
  const { requirements } = wanted;
  const { agentId, agentType, labels = {} } = requirements;
  if (agentId !== undefined && agentId !== agent.agentId) yield { why: 'pinned_to_another', what: agentId };
  if (agentType !== undefined && agentType !== agent.type)
    yield { why: 'wrong_type', what: `${agent.type}, not ${agentType}` };
  yield* capabilitiesLacking(requirements, agent);
  for (const [name, value] of Object.entries(labels))
    if (agent.labels[name] !== value) yield { why: 'label_mismatch', what: `${name} is not ${value}` };
  if (isRuledOut(requirements, agent.labels)) yield { why: 'label_mismatch', what: 'affinity' };
  yield* typesLacking(wanted, agent);
}

/** Whether an agent could ever have the task. */
export const whyNotFit = (wanted: Wanted, agent: RosterEntry): WhyNot | undefined => {
  const [first] = lacksOf(wanted, agent);
  return first?.why;
};

/** Whether the agent has said, since it registered, that it has no handler for tasks of this type. */
export const hasDeclined = (wanted: Wanted, { unhandled }: Pick<Slots, 'unhandled'>): boolean => {
  const type = decidingType(wanted);
  return type !== undefined && unhandled?.includes(type) === true;
};

/** Whether an agent can have this task now: {@link whyNotNow}, and it has not said that it has no handler. */
export const whyNotThis = (
  task: Wanted & { readonly slotCost: number },
  slots: Slots,
  nowMs: number,
): WhyNot | undefined => (hasDeclined(task, slots) ? 'no_handler' : whyNotNow(task.slotCost, slots, nowMs));

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
