import * as z from 'zod';
import { AuctionWorkflow } from './definitions/auction.ts';
import { AutoWorkflow, ModeChoice } from './definitions/auto.ts';
import { ConsensusWorkflow } from './definitions/consensus.ts';
import { DagWorkflow } from './definitions/dag.ts';
import { HierarchicalWorkflow } from './definitions/hierarchical.ts';
import { LeaderElectWorkflow } from './definitions/leader-elect.ts';
import { MapReduceWorkflow } from './definitions/map-reduce.ts';
import { ParallelWorkflow } from './definitions/parallel.ts';
import { PipelineWorkflow } from './definitions/pipeline.ts';
import { SequentialWorkflow } from './definitions/sequential.ts';
import { StepId } from './definitions/step.ts';
import { SwarmFanoutWorkflow } from './definitions/swarm-fanout.ts';
import { SwarmStigmergicWorkflow } from './definitions/swarm-stigmergic.ts';
import { Name, RunId } from './ids.ts';
import { Json } from './json.ts';
import { TaskError } from './task.ts';

/** A workflow of a mode: as it runs. */
export const WorkflowDefinition = z.discriminatedUnion('mode', [
  SequentialWorkflow,
  ParallelWorkflow,
  DagWorkflow,
  ConsensusWorkflow,
  MapReduceWorkflow,
  HierarchicalWorkflow,
  z.discriminatedUnion('variant', [SwarmFanoutWorkflow, SwarmStigmergicWorkflow]),
  AuctionWorkflow,
  LeaderElectWorkflow,
  PipelineWorkflow,
]);
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>;

/** A workflow as `POST /v1/workflows` takes it: of a mode, or one whose mode is chosen as it is stored. */
export const AskedWorkflow = z.discriminatedUnion('mode', [WorkflowDefinition, AutoWorkflow]);
export type AskedWorkflow = z.infer<typeof AskedWorkflow>;
/** A definition as its author writes it: everything with a default may be left out. */
export type WorkflowDefinitionInput = z.input<typeof AskedWorkflow>;

/** A version of a workflow as the API answers it. `createdAt` is epoch milliseconds. */
export const WorkflowView = z.looseObject({
  name: z.string(),
  version: z.int(),
  /** The mode that it runs in. */
  mode: z.string(),
  /** As its author wrote it, with every default. */
  definition: Json,
  /** Of one whose mode was chosen. */
  choice: ModeChoice.optional(),
  createdAt: z.number(),
});
export type WorkflowView = z.infer<typeof WorkflowView>;

/** The states of a run; the last four are final. */
export const RunStatus = z.enum([
  'STARTING',
  'RUNNING',
  'PAUSED',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
]);
export type RunStatus = z.infer<typeof RunStatus>;

/** What `POST /v1/runs` and a `muster.run.requested` event ask for. `version` defaults to the newest. */
export const RunRequest = z.strictObject({
  workflow: Name,
  version: z.int().positive().optional(),
  input: Json.default(null),
  /** Does an earlier run of the workflow again from this step on; what succeeded before it is taken over. */
  reuse: z.strictObject({ runId: RunId, from: StepId }).optional(),
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

/** What happened in a run, as the API answers it. Times are epoch milliseconds, durations milliseconds up to now. */
export const RunTimeline = z.looseObject({
  runId: RunId,
  status: RunStatus,
  /** By the time at which each could have begun. */
  entries: z.array(
    z.looseObject({
      taskId: z.string(),
      step: z.string(),
      /** The stage's position in the run. */
      stage: z.int(),
      status: z.string(),
      agentId: z.string().optional(),
      agentName: z.string().optional(),
      readyAt: z.number(),
      /** From ready until an agent began; of that, `queuedMs` until one was found. */
      waitMs: z.number(),
      queuedMs: z.number(),
      workMs: z.number(),
      /** How long, before that, the run was paused; no part of `waitMs`. */
      pausedMs: z.number().optional(),
      /** Of an approval: how long a person was waited for. Nobody worked. */
      personMs: z.number().optional(),
      costUsd: z.number(),
      /** How often its agents handed it over. */
      handoffs: z.int().optional(),
      /** Whether the run took as long as it did because of this task. */
      isCritical: z.boolean(),
    }),
  ),
  criticalPath: z.array(z.string()),
  wallMs: z.number(),
  workMs: z.number(),
  costUsd: z.number(),
  /** How long the run was paused. */
  pausedMs: z.number().optional(),
  /** How long the critical path waited for a person. */
  personMs: z.number().optional(),
  /** How long no agent worked on the critical path, without pauses and persons: what coordinating cost. */
  overheadMs: z.number(),
  /** How many agents worked at once on average. */
  parallelism: z.number(),
});
export type RunTimeline = z.infer<typeof RunTimeline>;

/** The task whose failure made its run fail. */
export const FailedTask = z.looseObject({
  step: z.string(),
  taskId: z.string(),
  /** Who held it last. */
  agentId: z.string().optional(),
  agentName: z.string().optional(),
  code: z.string(),
  /** Up to 500 characters, of a longer one its beginning and its end; the task has them all. */
  message: z.string(),
});
export type FailedTask = z.infer<typeof FailedTask>;

/** Why a run failed, and by which task, where it was a task. */
export const RunError = z.looseObject({ ...TaskError.shape, failedTask: FailedTask.optional() });
export type RunError = z.infer<typeof RunError>;

/** What started a run: a caller, a step of another run, an event that asks for it, or a trigger, schedule or rule that an event matched. */
export const StartedBy = z.looseObject({
  kind: z.enum(['principal', 'task', 'event', 'trigger', 'schedule', 'rule', 'value']),
  /** Of a caller its principal, of a step its task, of an event its type, of a value that is voted on `scope/name`, else the name of what matched. */
  name: z.string(),
  eventId: z.string().optional(),
});
export type StartedBy = z.infer<typeof StartedBy>;

/** A run as the API answers it. Times are epoch milliseconds. */
export const RunView = z.looseObject({
  runId: RunId,
  workflow: z.string(),
  version: z.int(),
  mode: z.string(),
  /** Of a workflow whose mode was chosen. */
  choice: ModeChoice.optional(),
  status: RunStatus,
  startedBy: StartedBy.optional(),
  input: Json,
  output: Json.optional(),
  error: RunError.optional(),
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
          /** Of a step that is a run. */
          childRunId: z.string().optional(),
          /** Of one that has ended: completed, cancelled, in_flight_unknown (its agent has not said that it stopped) or never_started. */
          disposition: z.string().optional(),
          error: TaskError.optional(),
          attempt: z.int(),
          assignedAt: z.number().optional(),
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
