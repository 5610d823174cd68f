import * as z from 'zod';
import { AgentRegistration, AgentStatus, Capability, Labels } from '../contract/agent.ts';
import { AgentId, ClaimId, TaskId, TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';

/** The owner of an agent that was made ahead of its first connection: whoever registers it first becomes it. */
export const nobody = 'nobody';

/** What an agent says of itself; changes slowly. The slots item holds what changes fast. */
export const Profile = z.looseObject({
  tenant: TenantId,
  agentId: AgentId,
  /** The principal that first registered it; nobody else may register it again. */
  owner: z.string(),
  name: z.string(),
  type: z.string(),
  description: z.string().optional(),
  capabilities: z.array(Capability),
  taskTypes: z.array(z.string()).optional(),
  roles: z.array(z.string()).optional(),
  labels: Labels,
  priority: z.int(),
  /** Types of task of which it takes several in one message. */
  batchTypes: z.array(z.string()).optional(),
  weight: z.number(),
  costPerTask: z.number().optional(),
  costPerKTokens: z.number().optional(),
  modelId: z.string().optional(),
  endpoint: z.string().optional(),
  metadata: z.record(z.string(), Json).optional(),
  createdAt: z.number(),
  updatedAt: z.number(),
  rev: z.int(),
});
export type Profile = z.infer<typeof Profile>;

/** One live reservation of an agent. `claim` is fresh for each, and only the same claim frees it. */
export const SlotEntry = z.looseObject({
  attempt: z.int(),
  claim: ClaimId,
  cost: z.int(),
  deadline: z.number(),
  /** When it was reserved. */
  at: z.number(),
  type: z.string(),
  /** Delivered again because a heartbeat did not list it; missing from the next one too, it goes elsewhere. */
  redeliveredAt: z.number().optional(),
  /** The task was taken away; the slot waits for the agent to let go. */
  revokedAt: z.number().optional(),
});
export type SlotEntry = z.infer<typeof SlotEntry>;

/** The only item of an agent that assignment and heartbeats write. */
export const Slots = z.looseObject({
  tenant: TenantId,
  agentId: AgentId,
  name: z.string(),
  status: AgentStatus,
  paused: z.boolean().optional(),
  /** The live socket; absent when there is none. */
  connection: z.string().optional(),
  epoch: z.int(),
  maxConcurrency: z.int(),
  /** `maxConcurrency` less the costs of `assigned`; below zero after the limit was lowered under load. */
  freeSlots: z.int(),
  assigned: z.record(TaskId, SlotEntry),
  /** Slots that were ever taken and given back: what is carried is their difference. */
  taken: z.int().optional(),
  given: z.int().optional(),
  seenAt: z.number(),
  /** The last frame whose order matters that was applied over this connection. */
  lastSeq: z.int().optional(),
  disconnectedAt: z.number().optional(),
  /** Failures since the last success. */
  failuresInRow: z.int().optional(),
  /** The circuit breaker is open until then, and half open after. */
  breakerUntil: z.number().optional(),
  /** Types of task that it has declined for want of a handler since it registered; the last few. */
  unhandled: z.array(z.string()).optional(),
  metrics: z.record(z.string(), z.number()).optional(),
  /** Stopped at once: it may not register before an operator resumes it. */
  stoppedAt: z.number().optional(),
  stoppedBy: z.enum(['agent', 'tenant']).optional(),
  stopReason: z.string().optional(),
});
export type Slots = z.infer<typeof Slots>;

/** What the roster says of an agent: enough to tell whether it may have a task, but for its load. */
export const RosterEntry = z.looseObject({
  agentId: AgentId,
  name: z.string(),
  type: z.string(),
  capabilities: z.array(Capability),
  labels: Labels,
  /** The types of task that it does; absent when it takes any. */
  taskTypes: z.array(z.string()).optional(),
  priority: z.int(),
  weight: z.number(),
  costPerTask: z.number().optional(),
});
export type RosterEntry = z.infer<typeof RosterEntry>;

/** The part of a profile that the roster repeats. */
export const rosterEntryOf = (profile: Profile): RosterEntry => {
  const { agentId, name, type, capabilities, labels, taskTypes, priority, weight, costPerTask } = profile;
  return {
    agentId,
    name,
    type,
    capabilities,
    labels,
    ...(taskTypes === undefined ? {} : { taskTypes }),
    priority,
    weight,
    ...(costPerTask === undefined ? {} : { costPerTask }),
  };
};

/** A registration without what belongs to the slots item or to this connection alone. */
export const profileFieldsOf = (
  registration: AgentRegistration,
): Omit<AgentRegistration, 'agentId' | 'maxConcurrency' | 'resume'> => {
  const { agentId: _agentId, maxConcurrency: _maxConcurrency, resume: _resume, ...fields } = registration;
  return fields;
};
