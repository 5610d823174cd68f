import * as z from 'zod';
import { DagWorkflow } from './definitions/dag.ts';
import { ParallelWorkflow } from './definitions/parallel.ts';
import { SequentialWorkflow } from './definitions/sequential.ts';
import { Name, RunId } from './ids.ts';
import { Json } from './json.ts';
import { TaskError } from './task.ts';

/** A workflow as `POST /v1/workflows` takes it. */
export const WorkflowDefinition = z.discriminatedUnion('mode', [SequentialWorkflow, ParallelWorkflow, DagWorkflow]);
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>;
/** A definition as its author writes it: everything with a default may be left out. */
export type WorkflowDefinitionInput = z.input<typeof WorkflowDefinition>;

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
