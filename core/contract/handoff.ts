import * as z from 'zod';
import { Name, TaskId } from './ids.ts';
import { Json } from './json.ts';

/** Why an agent hands a task over. */
const HandoffReason = z.enum([
  'task_complete',
  'blocked',
  'out_of_scope',
  'needs_specialist',
  'quality_gate_failed',
  'escalation',
]);

/** What the holder of a task says when it hands it over. */
export const HandoffRequest = z
  .strictObject({
    taskId: TaskId,
    attempt: z.int().positive(),
    /** The agent that goes on, by id or name. */
    toAgent: Name.optional(),
    /** What whoever goes on must be able to do. Without either: what the task has required so far. */
    toCapability: Name.optional(),
    reason: HandoffReason,
    /** What was done so far. @default what was last kept of it */
    workState: Json.optional(),
    /** What whoever goes on should know beside it. */
    context: Json.optional(),
    /** What stands in the way. */
    blockingIssues: z.array(z.string().min(1).max(1024)).max(20).optional(),
    recommendations: z.array(z.string().min(1).max(1024)).max(20).optional(),
    evidence: z.array(Json).max(20).optional(),
  })
  .refine(({ toAgent, toCapability }) => toAgent === undefined || toCapability === undefined, {
    path: ['toAgent'],
    message: 'needs at most one of toAgent, toCapability',
  });
export type HandoffRequest = z.infer<typeof HandoffRequest>;

/** One handoff of a task, as it is kept and shown. `note`: context, blocking issues, recommendations and evidence, or a claim check for them. */
export const Handoff = z.looseObject({
  at: z.number(),
  /** The attempt that ended with it. */
  attempt: z.int(),
  from: z.string(),
  fromName: z.string().optional(),
  toAgent: z.string().optional(),
  toCapability: z.string().optional(),
  reason: z.string(),
  note: Json.optional(),
});
export type Handoff = z.infer<typeof Handoff>;
