import * as z from 'zod';
import { Amount } from './amount.ts';
import { ApprovalChain, askedOnce, isAskedOnce } from './approval-chain.ts';
import { Name, TaskId } from './ids.ts';
import { Json } from './json.ts';
import { limits } from './limits.ts';
import { Priority } from './priority.ts';

/** How bad it is. `critical` is looked at before everything else. */
export const Severity = z.enum(['low', 'medium', 'high', 'critical']);
export type Severity = z.infer<typeof Severity>;

/** `type` of the approvals that escalations are. */
export const escalationType = 'escalation';

/** Something that agents cannot settle among themselves, put before people. */
export const EscalationRequest = z
  .strictObject({
    severity: Severity,
    /** What a person has to decide, or to know. */
    issue: z.string().min(1).max(4096),
    context: Json.optional(),
    /** What was tried before. */
    attemptedResolutions: z.array(z.string().min(1).max(1024)).max(20).default([]),
    recommendedAction: z.string().min(1).max(4096).optional(),
    /** What the decision is to rest on. */
    evidence: z.array(Json).max(20).optional(),
    /** Makes its priority `critical`, whatever its severity. */
    requiresImmediateAttention: z.boolean().default(false),
    /** The task that it is about. While that is open it may wait for the answer as for a subtask. */
    taskId: TaskId.optional(),
    /** What may be answered. */
    options: z.array(Name).min(2).max(20).default(['resolved', 'declined']),
    /** Who is asked. @default the tenant's `escalationChain` of its settings, without a decision of nobody's that is no option */
    chain: ApprovalChain.optional(),
    /** The same by name, from the tenant's settings. */
    policy: Name.optional(),
    /** Without an answer within this it expires. */
    timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultEscalationSeconds),
  })
  .refine(({ options }) => new Set(options).size === options.length, {
    message: 'names an option twice',
    path: ['options'],
  })
  .refine(({ options, chain }) => chain?.defaultDecision === undefined || options.includes(chain.defaultDecision), {
    message: 'is no option',
    path: ['chain', 'defaultDecision'],
  })
  .refine(isAskedOnce, askedOnce);
export type EscalationRequest = z.infer<typeof EscalationRequest>;
/** An escalation as a caller writes it: everything with a default may be left out. */
export type EscalationRequestInput = z.input<typeof EscalationRequest>;

/** Whom an agent asks: one by id or name, or whoever has a capability. */
const audience = {
  agent: Name.optional(),
  capability: Name.optional(),
  /** The task for which it is asked. While that is open it may wait for the answer as for a subtask. */
  taskId: TaskId.optional(),
  priority: Priority.default('normal'),
  timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultTaskTimeoutSeconds),
} as const;

/** An agent asks another for help; it becomes a task of type `collaboration`. */
export const CollaborationRequest = z
  .strictObject({ ...audience, purpose: z.string().min(1).max(4096), input: Json.default(null) })
  .refine(({ agent, capability }) => (agent === undefined) !== (capability === undefined), {
    path: ['agent'],
    message: 'needs exactly one of agent, capability',
  });
export type CollaborationRequest = z.infer<typeof CollaborationRequest>;

/** An agent asks for a resource: a task of type `resource` for whom it names, else an approval for an operator. */
export const ResourceRequest = z
  .strictObject({
    ...audience,
    resource: Name,
    amount: Amount.positive(),
    unit: z.string().min(1).max(64).optional(),
    purpose: z.string().min(1).max(4096),
    /** Of people: who is asked one after the other. @default the tenant's `escalationChain` */
    chain: ApprovalChain.optional(),
    /** The same by name, from the tenant's settings. */
    policy: Name.optional(),
  })
  .refine(({ agent, capability }) => agent === undefined || capability === undefined, {
    path: ['agent'],
    message: 'needs at most one of agent, capability',
  })
  .refine(isAskedOnce, askedOnce)
  .refine(
    ({ agent, capability, chain, policy }) =>
      (agent === undefined && capability === undefined) || (chain === undefined && policy === undefined),
    { path: ['policy'], message: 'needs no chain and no policy beside agent or capability' },
  )
  .refine(({ chain }) => ['granted', 'denied', undefined].includes(chain?.defaultDecision), {
    message: 'is no option',
    path: ['chain', 'defaultDecision'],
  });
export type ResourceRequest = z.infer<typeof ResourceRequest>;
