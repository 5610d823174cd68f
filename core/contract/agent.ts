import * as z from 'zod';
import { Amount } from './amount.ts';
import { AgentId, Name } from './ids.ts';
import { Json, jsonBytes, KeptJson } from './json.ts';
import { limits } from './limits.ts';

/** What an agent can do. A plain string in a list of capabilities means `{ name, confidence: 1 }`. */
export const Capability = z.strictObject({
  name: Name,
  confidence: z.number().min(0).max(1).default(1),
  taskTypes: z.array(Name).max(50).optional(),
  languages: z.array(z.string().max(64)).max(50).optional(),
  specialties: z.array(z.string().max(128)).max(50).optional(),
});
export type Capability = z.infer<typeof Capability>;

const CapabilityOrName = z
  .union([Name, Capability])
  .transform((value) => (typeof value === 'string' ? { name: value, confidence: 1 } : value));

/** An agent's capabilities, each name once; answers the long form. */
export const Capabilities = z
  .array(CapabilityOrName)
  .max(limits.capabilitiesPerAgent)
  .refine(
    (list) => new Set(list.map((capability) => capability.name)).size === list.length,
    'names a capability twice',
  );

/** What affinity looks at: names and plain values. */
export const Labels = z
  .record(Name, z.union([z.string().max(256), Amount, z.boolean()]))
  .refine(
    (labels) => Object.keys(labels).length <= limits.labelsPerAgent,
    `has more than ${limits.labelsPerAgent} labels`,
  );
export type Labels = z.infer<typeof Labels>;

/** Whether an agent takes work: `draining` finishes what it has, `inactive` takes nothing new. */
export const AgentStatus = z.enum(['active', 'draining', 'inactive']);
export type AgentStatus = z.infer<typeof AgentStatus>;

/** Where an agent is in its life; derived from its slots and connection, never stored, but for `paused`. */
export const AgentState = z.enum([
  'created',
  'initializing',
  'idle',
  'running',
  'paused',
  'error',
  'terminating',
  'terminated',
]);
export type AgentState = z.infer<typeof AgentState>;

/** One attempt at a task. */
export const TaskRef = z.strictObject({ taskId: z.string().max(64), attempt: z.int().positive() });

const tooLarge = `has more than ${limits.inlinePayloadBytes} bytes`;

/** What `agent.register` says of an agent. */
export const AgentRegistration = z.strictObject({
  agentId: AgentId.optional(),
  name: Name,
  type: Name.default('agent'),
  description: z.string().max(1024).optional(),
  capabilities: Capabilities.default([]),
  taskTypes: z.array(Name).max(50).optional(),
  roles: z.array(Name).max(20).optional(),
  labels: Labels.default({}),
  maxConcurrency: z.int().min(1).max(limits.maxConcurrency).default(limits.defaultMaxConcurrency),
  priority: z.int().min(0).max(100).default(limits.defaultAgentPriority),
  weight: z.number().positive().max(1000).default(1),
  batchTypes: z.array(Name).max(50).optional(),
  endpoint: z.url().max(2048).optional(),
  costPerTask: Amount.nonnegative().optional(),
  costPerKTokens: Amount.nonnegative().optional(),
  modelId: z.string().max(256).optional(),
  metadata: z
    .record(z.string().max(128), KeptJson)
    .refine((metadata) => jsonBytes(metadata) <= limits.inlinePayloadBytes, tooLarge)
    .optional(),
  /** The assignments that this process still works on after a reconnect; the others are delivered again. */
  resume: z.strictObject({ tasks: z.array(TaskRef).max(limits.tasksPerHeartbeat) }).optional(),
});
export type AgentRegistration = z.infer<typeof AgentRegistration>;

/** An agent as `POST /v1/agents` makes it ahead of its first connection: what its registration will say again. */
export const AgentDraft = AgentRegistration.omit({ agentId: true, maxConcurrency: true, resume: true });
export type AgentDraft = z.infer<typeof AgentDraft>;

/** What an agent does now, without what it is. */
export const AgentStatusView = z.looseObject({
  agentId: AgentId,
  name: z.string(),
  status: AgentStatus,
  state: AgentState,
  reason: z.string().optional(),
  connected: z.boolean(),
  maxConcurrency: z.int(),
  freeSlots: z.int(),
  tasks: z.int(),
  seenAt: z.number().optional(),
});
export type AgentStatusView = z.infer<typeof AgentStatusView>;

/** What an agent may change of itself without registering anew. */
export const AgentUpdate = z.strictObject({
  capabilities: Capabilities.optional(),
  labels: Labels.optional(),
  status: AgentStatus.optional(),
  state: z.enum(['paused', 'idle']).optional(),
  maxConcurrency: z.int().min(1).max(limits.maxConcurrency).optional(),
});
export type AgentUpdate = z.infer<typeof AgentUpdate>;

/** An agent as the API answers it. Times are epoch milliseconds. */
export const AgentView = z.looseObject({
  agentId: AgentId,
  name: z.string(),
  type: z.string(),
  description: z.string().optional(),
  status: AgentStatus,
  state: AgentState,
  reason: z.string().optional(),
  connected: z.boolean(),
  capabilities: z.array(Capability),
  labels: Labels,
  taskTypes: z.array(z.string()).optional(),
  roles: z.array(z.string()).optional(),
  batchTypes: z.array(z.string()).optional(),
  endpoint: z.string().optional(),
  modelId: z.string().optional(),
  metadata: z.record(z.string(), Json).optional(),
  maxConcurrency: z.int(),
  freeSlots: z.int(),
  /** Five failures in a row: it gets nothing for a minute (`open`), then one task to prove itself (`half_open`). */
  breaker: z.enum(['open', 'half_open']).optional(),
  /** Slots in use: costs of its live tasks. */
  load: z.int().default(0),
  tasks: z.array(
    z.looseObject({
      taskId: z.string(),
      attempt: z.int(),
      type: z.string().optional(),
      assignedAt: z.number().optional(),
      deadline: z.number().optional(),
    }),
  ),
  /** Work before it, summed, by what was observed of it; absent while nothing is known of one of its types of task. */
  remainingMs: z.int().optional(),
  /** When what it has will probably be done. */
  estimatedCompletionAt: z.number().optional(),
  priority: z.int(),
  weight: z.number().optional(),
  costPerTask: z.number().optional(),
  costPerKTokens: z.number().optional(),
  performance: z.record(z.string(), z.looseObject({ count: z.int(), successRate: z.number(), averageMs: z.number() })),
  createdAt: z.number(),
  updatedAt: z.number(),
  /** Changes with what can be changed about the agent, not with its load. Also the `ETag`. */
  version: z.string(),
  seenAt: z.number().optional(),
  /** As its last heartbeat told. */
  metrics: z.record(z.string(), z.number()).optional(),
});
export type AgentView = z.infer<typeof AgentView>;
