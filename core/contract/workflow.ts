import * as z from 'zod';
import { Name, RunId } from './ids.ts';
import { Json } from './json.ts';
import { limits } from './limits.ts';
import { Priority } from './priority.ts';
import { Requirements, RetryPolicy, Strategy, TaskError } from './task.ts';

/** A step's name inside its workflow; it appears in templates as `steps.<id>`, so it has no dots. */
export const StepId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ - and begin with a letter');

/**
 * When a stage is decided: `all` succeeded, `any` succeeded, a `majority` succeeded, or `threshold` n succeeded. What is
 * still open then is cancelled.
 */
export const Completion = z.union([
  z.enum(['all', 'any', 'majority']),
  z.strictObject({ threshold: z.int().positive() }),
]);
export type Completion = z.infer<typeof Completion>;

/**
 * One task of a workflow. `input` is a template: a string that is wholly `{{ path }}` becomes the value there, `{{ path }}`
 * inside a string its text. Paths begin with `input`, `steps.<id>.output`, `steps.<id>.outputs` (of a `forEach`), `item`,
 * `index` or `run`. `forEach` names a list; the step then has one task for each element.
 */
export const Step = z.strictObject({
  id: StepId,
  type: Name,
  description: z.string().max(4096).optional(),
  input: Json.default(null),
  forEach: z.string().max(512).optional(),
  requirements: Requirements.default({ capabilities: [] }),
  strategy: Strategy.optional(),
  priority: Priority.optional(),
  slotCost: z.int().min(0).max(limits.maxConcurrency).default(1),
  timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultTaskTimeoutSeconds),
  retry: RetryPolicy.default({
    maxAttempts: limits.defaultMaxAttempts,
    backoffMs: 1000,
    maxBackoffMs: 60_000,
    nonRetryableCodes: [],
  }),
  dependsOn: z.array(StepId).max(50).optional(),
});
export type Step = z.infer<typeof Step>;

/** Several steps that run at once as one stage of a sequential workflow. */
export const StepGroup = z.strictObject({
  id: StepId,
  parallel: z
    .array(Step.omit({ dependsOn: true }))
    .min(1)
    .max(limits.stepsPerWorkflow),
  completion: Completion.default('all'),
});
export type StepGroup = z.infer<typeof StepGroup>;

const common = {
  name: Name,
  description: z.string().max(4096).optional(),
  timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultRunTimeoutSeconds),
  /** How many tasks of a stage work at once. */
  maxParallelAgents: z.int().min(1).max(1000).default(limits.maxParallelAgents),
  strategy: Strategy.optional(),
  priority: Priority.default('normal'),
  /** Template of the run's output; the last stage's output when left out. */
  output: Json.optional(),
};

/** One at a time, in order; a failed step stops the run and the later ones are skipped. */
export const SequentialWorkflow = z.strictObject({
  mode: z.literal('sequential'),
  ...common,
  steps: z
    .array(z.union([StepGroup, Step]))
    .min(1)
    .max(limits.stepsPerWorkflow),
});

/** All at once, as one stage. */
export const ParallelWorkflow = z.strictObject({
  mode: z.literal('parallel'),
  ...common,
  tasks: z
    .array(Step.omit({ dependsOn: true }))
    .min(1)
    .max(limits.stepsPerWorkflow),
  completion: Completion.default('all'),
});

/** A workflow as `POST /v1/workflows` takes it. */
export const WorkflowDefinition = z.discriminatedUnion('mode', [SequentialWorkflow, ParallelWorkflow]);
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>;
/** A definition as its author writes it: everything with a default may be left out. */
export type WorkflowDefinitionInput = z.input<typeof WorkflowDefinition>;
/** A coordination mode. */
export type Mode = WorkflowDefinition['mode'];

/** A version of a workflow as the API answers it. `createdAt` is epoch milliseconds. */
export const WorkflowView = z.looseObject({
  name: z.string(),
  version: z.int(),
  mode: z.string(),
  definition: Json,
  createdAt: z.number(),
});
export type WorkflowView = z.infer<typeof WorkflowView>;

/** The states of a run; the last four are final. */
export const RunStatus = z.enum(['STARTING', 'RUNNING', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT']);
export type RunStatus = z.infer<typeof RunStatus>;

/** What `POST /v1/runs` and a `muster.run.requested` event ask for. `version` defaults to the newest. */
export const RunRequest = z.strictObject({
  workflow: Name,
  version: z.int().positive().optional(),
  input: Json.default(null),
});
export type RunRequest = z.infer<typeof RunRequest>;
/** A request as its sender writes it. */
export type RunRequestInput = z.input<typeof RunRequest>;

/** The states of a step, derived from its tasks. */
export const StepStatus = z.enum([
  'PENDING',
  'READY',
  'ASSIGNED',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
  'TIMED_OUT',
]);

/** A run as the API answers it. Times are epoch milliseconds. */
export const RunView = z.looseObject({
  runId: RunId,
  workflow: z.string(),
  version: z.int(),
  mode: z.string(),
  status: RunStatus,
  input: Json,
  output: Json.optional(),
  error: TaskError.optional(),
  steps: z.array(
    z.looseObject({
      step: z.string(),
      status: StepStatus,
      tasks: z.array(
        z.looseObject({
          taskId: z.string(),
          type: z.string(),
          status: z.string(),
          agentId: z.string().optional(),
          agentName: z.string().optional(),
          attempt: z.int(),
          startedAt: z.number().optional(),
          endedAt: z.number().optional(),
        }),
      ),
    }),
  ),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
});
export type RunView = z.infer<typeof RunView>;
