import * as z from 'zod';
import { Labels } from './agent.ts';
import { Amount } from './amount.ts';
import { ApprovalChain, askedOnce, ChainState, isAskedOnce } from './approval-chain.ts';
import { Handoff } from './handoff.ts';
import { AgentId, Name, RunId, TaskId } from './ids.ts';
import { Json, KeptJson } from './json.ts';
import { limits } from './limits.ts';
import { Priority } from './priority.ts';
import { SecretReferences } from './secret.ts';

/** The rules by which an agent is chosen among those that are fit and free. `docs/strategies.md` tells what each promises. */
export const StrategyName = z.enum([
  'round_robin',
  'least_loaded',
  'least_remaining_time',
  'capability_match',
  'performance_based',
  'cost_optimized',
  'weighted_round_robin',
  'predictive',
  'random',
]);
export type StrategyName = z.infer<typeof StrategyName>;

/** `capability_match` as a router: who is sure enough of it, specialists first, spread by load. */
export const MatchCriteria = z.strictObject({
  name: z.literal('capability_match'),
  /** Agents less sure of a required capability come last. */
  minConfidence: z.number().min(0).max(1).default(0.8),
  /** Prefers agents that can do little else. */
  preferSpecialist: z.boolean().default(true),
  loadBalance: z.boolean().default(true),
});
export type MatchCriteria = z.infer<typeof MatchCriteria>;

/** `cost_optimized` with a quality threshold of its own. */
export const CostCriteria = z.strictObject({
  name: z.literal('cost_optimized'),
  /** Agents with a lower observed success rate come last. */
  minSuccessRate: z.number().min(0).max(1).default(0.7),
});
export type CostCriteria = z.infer<typeof CostCriteria>;

/** A rule, by its name or with options. */
export const Rule = z.union([StrategyName, z.discriminatedUnion('name', [MatchCriteria, CostCriteria])]);
export type Rule = z.infer<typeof Rule>;

/** A rule per complexity: the first layer whose `upTo` is not below the task's. */
export const Layered = z.strictObject({
  name: z.literal('layered'),
  layers: z
    .array(z.strictObject({ upTo: z.number().min(0).max(1), strategy: Rule }))
    .min(1)
    .max(10)
    .refine(
      (layers) => layers.every(({ upTo }, index) => index === 0 || upTo > (layers[index - 1]?.upTo ?? 0)),
      'must rise in upTo',
    ),
});
export type Layered = z.infer<typeof Layered>;

/** How an agent is chosen: a rule, or one per complexity. */
export const Strategy = z.union([StrategyName, z.discriminatedUnion('name', [MatchCriteria, CostCriteria, Layered])]);
export type Strategy = z.infer<typeof Strategy>;

/** What a task is for. No agent is given a `run`, which another run does, or an `approval`, which a person gives. */
export const TaskKind = z.enum(['work', 'vote', 'bid', 'plan', 'reduce', 'approval', 'run']);
export type TaskKind = z.infer<typeof TaskKind>;

/** How often and how soon a failed task is assigned again. */
export const RetryPolicy = z.strictObject({
  /** Assignments in all, the first included. */
  maxAttempts: z.int().min(1).max(limits.maxAttempts).default(limits.defaultMaxAttempts),
  /** Wait before the second attempt; doubles with each, with full jitter, up to `maxBackoffMs`. */
  backoffMs: z.int().min(0).max(900_000).default(1000),
  maxBackoffMs: z.int().min(0).max(900_000).default(60_000),
  /** Error codes of `task.fail` that are never retried. */
  nonRetryableCodes: z.array(z.string().max(128)).max(50).default([]),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** The policy of a task that names none. */
export const defaultRetry: RetryPolicy = {
  maxAttempts: limits.defaultMaxAttempts,
  backoffMs: 1000,
  maxBackoffMs: 60_000,
  nonRetryableCodes: [],
};

/** How an agent's label is compared: the label on the left, the given value on the right. */
export const Comparator = z.enum(['EQUAL', 'NOT_EQUAL', 'GT', 'GTE', 'LT', 'LTE']);
export type Comparator = z.infer<typeof Comparator>;

/** What an agent's label should be, or must. A label that an agent lacks is only NOT_EQUAL. */
export const Affinity = z
  .strictObject({
    label: Name,
    comparator: Comparator.default('EQUAL'),
    value: z.union([z.string().max(256), Amount, z.boolean()]),
    /** Whether an agent without it is unfit; otherwise it only comes later. */
    required: z.boolean().default(false),
    /** What a preferred one counts; the greatest sum comes first. */
    weight: z.int().min(1).max(1000).default(100),
  })
  .refine(
    ({ comparator, value }) => comparator.endsWith('EQUAL') || typeof value === 'number',
    'compares GT, GTE, LT or LTE with a number only',
  );
export type Affinity = z.infer<typeof Affinity>;

/** What must hold of an agent for it to be given the task, whatever the strategy; and which labels come first. */
export const Requirements = z.strictObject({
  capabilities: z.array(Name).max(20).default([]),
  minConfidence: z.number().min(0).max(1).optional(),
  labels: Labels.optional(),
  affinity: z.array(Affinity).max(20).optional(),
  agentType: Name.optional(),
  agentId: AgentId.optional(),
});
export type Requirements = z.infer<typeof Requirements>;

/** The terms of an approval as they are kept: with the chain that its policy named. */
export const StoredApprovalTerms = z
  .strictObject({
    options: z.array(Name).min(2).max(20).default(['approved', 'denied']),
    /** @default every option but `denied` */
    proceedOn: z.array(Name).min(1).max(20).optional(),
    /** Who is asked one after the other. @default whoever looks */
    chain: ApprovalChain.optional(),
    /** The same by name, from the tenant's settings. */
    policy: Name.optional(),
  })
  .refine(({ options }) => new Set(options).size === options.length, {
    message: 'names an option twice',
    path: ['options'],
  })
  .refine(({ options, proceedOn = [] }) => proceedOn.every((option) => options.includes(option)), {
    message: 'names what is no option',
    path: ['proceedOn'],
  })
  .refine(({ options, chain }) => chain?.defaultDecision === undefined || options.includes(chain.defaultDecision), {
    message: 'is no option',
    path: ['chain', 'defaultDecision'],
  });
export type StoredApprovalTerms = z.infer<typeof StoredApprovalTerms>;

/** What may be answered to an approval; by answers that are not in `proceedOn` the task fails with `DENIED`. */
export const ApprovalTerms = StoredApprovalTerms.refine(isAskedOnce, askedOnce);
export type ApprovalTerms = z.infer<typeof ApprovalTerms>;

/** A task as `task.submit` and `POST /v1/tasks` take it. */
export const TaskSubmission = z.strictObject({
  kind: TaskKind.default('work'),
  type: Name,
  description: z.string().max(4096).optional(),
  input: Json.default(null),
  context: KeptJson.optional(),
  constraints: KeptJson.optional(),
  outputFormat: KeptJson.optional(),
  complexity: z.number().min(0).max(1).optional(),
  priority: Priority.default('normal'),
  requirements: Requirements.default({ capabilities: [] }),
  strategy: Strategy.optional(),
  slotCost: z.int().min(0).max(limits.maxConcurrency).default(1),
  /** From submit to terminal, waiting included. */
  timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultTaskTimeoutSeconds),
  /** How long one attempt may take; then it goes to another agent, with the last work state. */
  attemptTimeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).optional(),
  estimatedDurationMs: z.int().positive().optional(),
  /** Not before this time, in epoch milliseconds; the time-out counts from it. At most seven days ahead of the submit. */
  runAt: z.int().nonnegative().optional(),
  /** The agent must send `task.accept` within this, else the task goes elsewhere. */
  ackTimeoutMs: z.int().min(1000).max(900_000).optional(),
  retry: RetryPolicy.default(defaultRetry),
  /** Publish `TaskCompleted` on the bus when the task ends. */
  publishEvent: z.boolean().default(false),
  /** Of kind `approval`: what may be answered. */
  approval: ApprovalTerms.optional(),
  /** What its agent may ask for while it has the task: by reference, never by value. */
  secrets: SecretReferences.optional(),
  metadata: z.record(z.string().max(128), KeptJson).optional(),
});
export type TaskSubmission = z.infer<typeof TaskSubmission>;
/** A submission as a caller writes it: everything with a default may be left out. */
export type TaskSubmissionInput = z.input<typeof TaskSubmission>;

/**
 * PENDING waits for a time or a place in its stage, QUEUED for an agent, ASSIGNED has one that has not spoken yet,
 * RUNNING has one that said so. The last five are terminal.
 */
export const TaskStatus = z.enum([
  'PENDING',
  'QUEUED',
  'ASSIGNED',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
  'SKIPPED',
]);
export type TaskStatus = z.infer<typeof TaskStatus>;

const terminal: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'SKIPPED'];
/** Whether a status is never left. */
export const isTerminal = (status: string): boolean => terminal.includes(status);

/** The kind of failure, as the agent saw it. */
export const FailureType = z.enum(['timeout', 'crash', 'resource_exhaustion', 'network_failure']);

/** Why an attempt failed. `retryable: false` ends the task whatever its retry policy says. */
export const TaskError = z.strictObject({
  code: z.string().min(1).max(128),
  message: z.string().max(4096),
  retryable: z.boolean().default(true),
  failureType: FailureType.optional(),
});
export type TaskError = z.infer<typeof TaskError>;

/** What an attempt used, as its agent reports it. */
export const Usage = z.strictObject({
  inputTokens: z.int().nonnegative().optional(),
  outputTokens: z.int().nonnegative().optional(),
  costUsd: Amount.nonnegative().optional(),
  model: z.string().max(256).optional(),
});
export type Usage = z.infer<typeof Usage>;

/** A task as an agent is given it. */
export const AssignedTask = z.looseObject({
  taskId: TaskId,
  kind: TaskKind,
  type: Name,
  description: z.string().optional(),
  input: Json,
  context: Json.optional(),
  constraints: Json.optional(),
  outputFormat: Json.optional(),
  priority: Priority,
  runId: RunId.optional(),
  step: z.string().optional(),
  /** Of a leader's task: its term. */
  term: z.int().optional(),
  workState: Json.optional(),
  /** Of a task that another agent handed over: who, why, and what it says (`note`: context, blockingIssues, recommendations, evidence). */
  handoff: Handoff.optional(),
  /** What the children that it waited for came to: a list of {taskId, status, output?, error?}, or a claim check for it. */
  children: Json.optional(),
  ackTimeoutMs: z.int().optional(),
  /** Names of the secrets that may be asked for while it is worked on. */
  secrets: z.array(z.string()).optional(),
});
export type AssignedTask = z.infer<typeof AssignedTask>;

/** One attempt at a task as the API answers it. `outcome`: `failed`, `moved`, `waited`, `handed_off`, or of the last one the task's own status. */
export const AttemptView = z.looseObject({
  attempt: z.int(),
  agentId: AgentId,
  agentName: z.string().optional(),
  assignedAt: z.number().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  outcome: z.string(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** A task as the API answers it. Times are epoch milliseconds. */
export const TaskView = z.looseObject({
  taskId: TaskId,
  kind: TaskKind,
  type: z.string(),
  description: z.string().optional(),
  status: TaskStatus,
  priority: Priority,
  attempt: z.int(),
  maxAttempts: z.int(),
  requirements: Requirements,
  agentId: AgentId.optional(),
  agentName: z.string().optional(),
  runId: RunId.optional(),
  step: z.string().optional(),
  /** Of a leader's task, and of those it submitted: the term. */
  term: z.int().optional(),
  /** Of kind `run`: the run that does it. */
  childRunId: RunId.optional(),
  /** Of kind `approval`: what may be answered. */
  approval: z.looseObject({ options: z.array(z.string()) }).optional(),
  /** Of an approval with a chain: who is asked now, and who was. */
  chain: ChainState.optional(),
  /** Of an approval: answers that came when it had ended without one. */
  lateAnswers: z.array(z.looseObject({ decision: z.string(), by: z.string(), at: z.number() })).optional(),
  input: Json,
  output: Json.optional(),
  error: TaskError.optional(),
  usage: Usage.optional(),
  confidence: z.number().optional(),
  evidence: z.array(Json).optional(),
  progress: z.looseObject({ percent: z.number().optional(), message: z.string().optional() }).optional(),
  decision: z.looseObject({ strategy: z.string() }).optional(),
  /** Of a task that the platform ended: what is known of the work. */
  disposition: z.enum(['never_started', 'in_flight', 'stopped']).optional(),
  runAt: z.number().optional(),
  /** The task that this one repeats, and the one that repeats this one. */
  retryOf: TaskId.optional(),
  retriedAs: TaskId.optional(),
  /** Set while the task waits and no registered agent could ever have it: why. */
  unrunnable: z.string().optional(),
  lateResults: z.array(z.looseObject({ attempt: z.int(), agentId: z.string() })).optional(),
  /** Who handed it over to whom, and why, oldest first. */
  handoffs: z.array(Handoff).optional(),
  /** What was tried, oldest first: at most the last 50. */
  attempts: z.array(AttemptView).optional(),
  createdAt: z.number(),
  deadlineAt: z.number(),
  assignedAt: z.number().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  rev: z.int(),
});
export type TaskView = z.infer<typeof TaskView>;
