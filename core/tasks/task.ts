import * as z from 'zod';
import { ChainState } from '../contract/approval-chain.ts';
import { RunReference } from '../contract/definitions/step.ts';
import { Handoff } from '../contract/handoff.ts';
import { AgentId, ClaimId, RunId, TaskId, TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { Priority } from '../contract/priority.ts';
import { SecretReferences } from '../contract/secret.ts';
import {
  defaultRetry,
  Requirements,
  RetryPolicy,
  StoredApprovalTerms,
  Strategy,
  TaskError,
  TaskKind,
  Usage,
} from '../contract/task.ts';
import type { Item } from '../table/table.ts';

/** Statuses as stored. RUNNING is not: it is ASSIGNED with the agent's own word for it. */
export const StoredStatus = z.enum([
  'PENDING',
  'QUEUED',
  'ASSIGNED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
  'SKIPPED',
]);
export type StoredStatus = z.infer<typeof StoredStatus>;

/** How an agent was chosen: ids and totals, kept with the task. */
export const Decision = z.looseObject({
  strategy: z.string(),
  /** Set when the strategy had nothing to say and another one decided. */
  decidedBy: z.string().optional(),
  seen: z.int(),
  eligible: z.int(),
  score: z.number().optional(),
});
export type Decision = z.infer<typeof Decision>;

/** A place in a run: which stage, and which of its tasks. */
export const StagePlace = z.looseObject({
  runId: RunId,
  stage: z.int(),
  index: z.int(),
  step: z.string(),
  /** Its position among the step's own tasks. */
  item: z.int(),
});
export type StagePlace = z.infer<typeof StagePlace>;

/** The task item: everything about a task, and the truth about who has it. */
export const Task = z.looseObject({
  tenant: TenantId,
  taskId: TaskId,
  kind: TaskKind,
  type: z.string(),
  description: z.string().optional(),
  input: Json,
  context: Json.optional(),
  constraints: Json.optional(),
  outputFormat: Json.optional(),
  complexity: z.number().optional(),
  priority: Priority,
  requirements: Requirements,
  strategy: Strategy.optional(),
  /** What the agent that has it may ask for. */
  secrets: SecretReferences.optional(),
  slotCost: z.int(),
  estimatedDurationMs: z.int().optional(),
  ackTimeoutMs: z.int().optional(),
  attemptTimeoutSeconds: z.int().optional(),
  /** Stored when it is another than the default, like `publishEvent`. */
  retry: RetryPolicy.default(defaultRetry),
  publishEvent: z.boolean().optional(),
  metadata: z.record(z.string(), Json).optional(),
  /** Over a socket: the connection that hears of the end, and the id of its `task.submit`. */
  submitter: z.looseObject({
    principal: z.string(),
    connectionId: z.string().optional(),
    envelopeId: z.string().optional(),
  }),
  submissionHash: z.string(),
  /** The trace that it belongs to, and the caller's span in it. */
  traceparent: z.string().optional(),
  /** The task under which this one was submitted. */
  parentTask: TaskId.optional(),
  /** How many tasks it is under. */
  depth: z.int().optional(),
  /** Of a leader's task, and of those it submits: the term in whose name it is done. */
  term: z.looseObject({ runId: RunId, number: z.int() }).optional(),
  /** PENDING: not before these have ended. */
  waitingFor: z.array(TaskId).optional(),
  /** Attempts that ended by waiting, or by the platform's own doing: not counted as tries. */
  waits: z.int().optional(),
  /** What the children that were waited for came to. */
  children: Json.optional(),
  /** Somebody watches it, or did. */
  watched: z.boolean().optional(),
  /** The logs that its changes go into: its own, and its run's. The stream's filter names them. */
  taskLog: z.string().optional(),
  runLog: z.string().optional(),
  retryOf: TaskId.optional(),
  retriedAs: TaskId.optional(),
  /** Of a run that repeats another: the task whose result was taken over. */
  reusedFrom: TaskId.optional(),
  place: StagePlace.optional(),
  /** Of kind `run`: the workflow, and the run that does it once it was started. */
  run: RunReference.optional(),
  childRunId: RunId.optional(),
  approval: StoredApprovalTerms.optional(),
  /** Of an approval with a chain: who is asked. */
  chain: ChainState.optional(),
  /** PENDING for another than an agent: a run, a person. */
  waitingOn: z.enum(['run', 'person']).optional(),

  status: StoredStatus,
  /** Assignments so far. Raised by each; the fence of everything an agent says about the task. */
  attempt: z.int(),
  /** Raised by every write but `watched` and the logs': whoever writes on what was read names it. */
  rev: z.int(),
  createdAt: z.number(),
  /** How long it may take from its start (submit, or its turn in a stage) to its end. */
  timeoutMs: z.int(),
  deadlineAt: z.number(),
  queuedAt: z.number().optional(),
  /** PENDING: not before this. */
  runAt: z.number().optional(),
  claim: ClaimId.optional(),
  agentId: AgentId.optional(),
  agentName: z.string().optional(),
  assignedAt: z.number().optional(),
  /** The agent's first word about this attempt. */
  startedAt: z.number().optional(),
  acceptedAt: z.number().optional(),
  progress: z
    .looseObject({ percent: z.number().optional(), message: z.string().optional(), milestone: z.string().optional() })
    .optional(),
  /** Agents that gave this task up; taken only when there is nobody else. */
  avoid: z.array(AgentId).optional(),
  /** Agents that are never given it, whoever else there is. */
  excluded: z.array(AgentId).optional(),
  /** Who handed it over to whom, oldest first. */
  handoffs: z.array(Handoff).optional(),
  /** Of a task that was handed over: what its submitter requires. */
  submittedRequirements: Requirements.optional(),
  /** Of a task that was handed to one agent by name: how long it waits for that one. */
  pinnedUntil: z.number().optional(),
  decision: Decision.optional(),
  /** What an earlier holder had done so far. */
  workState: Json.optional(),
  /** Why no agent that was registered at submit could ever have it. */
  unrunnable: z.string().optional(),
  output: Json.optional(),
  error: TaskError.optional(),
  usage: Usage.optional(),
  confidence: z.number().optional(),
  evidence: z.array(Json).optional(),
  endedAt: z.number().optional(),
  /**
   * Of a task that the platform ended: `never_started`, `in_flight` (an agent had it and has not said that it stopped), or
   * `stopped` (it said so).
   */
  disposition: z.enum(['never_started', 'in_flight', 'stopped']).optional(),
  /** What its end must bring about, whatever dies: `join` its stage, `wake` its parent, publish an `event`, `settle` what waits for its answer. Named at birth; the stream acts once it has ended. */
  effects: z.string().optional(),
  /** What waits for this answer: the stream has it looked at. */
  settles: z.string().optional(),
});
export type Task = z.infer<typeof Task>;

/** What the sweep leaves where a claim names a task that was never written, so that a late write of it loses. */
const Void = z.looseObject({ status: z.literal('VOID'), rev: z.int() });

/** What is found under a task's key. */
export type Found =
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'void'; readonly rev: number }
  | { readonly kind: 'none' };

/** Reads a task item. @throws z.ZodError for an item that no version of Muster wrote. */
export const readTask = (item: Item | undefined): Found => {
  if (item === undefined) return { kind: 'none' };
  const nothing = Void.safeParse(item);
  return nothing.success ? { kind: 'void', rev: nothing.data.rev } : { kind: 'task', task: Task.parse(item) };
};

/** When the present attempt has taken too long, whatever is left of the task's own time. */
export const attemptDeadline = ({ assignedAt, attemptTimeoutSeconds }: Task): number =>
  attemptTimeoutSeconds === undefined ? Infinity : (assignedAt ?? Infinity) + attemptTimeoutSeconds * 1000;
