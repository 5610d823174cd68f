import * as z from 'zod';
import { AgentId, RunId, TaskId, TenantId } from './ids.ts';
import { AudienceFilter, Message } from './messaging.ts';

/** On the tasks queue: what a Step Functions stage asks for. Names only; the engine reads the rest from the run. */
export const StageMessage = z.looseObject({
  kind: z.literal('stage'),
  tenant: TenantId,
  runId: RunId,
  /** Which stage of the definition: its position from 0. */
  stage: z.int().nonnegative(),
  taskToken: z.string().min(1).max(2048),
  traceparent: z.string().optional(),
});
export type StageMessage = z.infer<typeof StageMessage>;

/** On the tasks queue: create and assign a chunk of a stage's tasks. */
export const StageChunkMessage = z.looseObject({
  kind: z.literal('chunk'),
  tenant: TenantId,
  runId: RunId,
  stage: z.int().nonnegative(),
  from: z.int().nonnegative(),
  to: z.int().nonnegative(),
});
export type StageChunkMessage = z.infer<typeof StageChunkMessage>;

/** On the tasks queue: end what is left of a stage whose work nobody needs any more. */
export const StageCancelMessage = z.looseObject({
  kind: z.literal('cancel'),
  tenant: TenantId,
  runId: RunId,
  stage: z.int().nonnegative(),
  reason: z.string(),
  /** The run is being stopped: the rest of it is ended as well, and then the run. */
  stopsRun: z.boolean().optional(),
});
export type StageCancelMessage = z.infer<typeof StageCancelMessage>;

/** From a state machine to the function that decides between stages: which decision, and which of that name. */
export const DecideRequest = z.looseObject({
  tenant: TenantId,
  runId: RunId,
  step: z.string().regex(/^[a-z][a-z_]{0,31}$/),
  position: z.int().nonnegative().max(9999),
  traceparent: z.string().optional(),
});
export type DecideRequest = z.infer<typeof DecideRequest>;

/** On the tasks queue: bring the run that does a task in step with it: start it, or stop it. */
export const FollowTaskMessage = z.looseObject({ kind: z.literal('follow'), tenant: TenantId, taskId: TaskId });
export type FollowTaskMessage = z.infer<typeof FollowTaskMessage>;

/** From a state machine that waits: hand what was made so far on to what comes at this position, under this token. */
export const HandOnRequest = DecideRequest.extend({ taskToken: z.string().min(1).max(2048) });
export type HandOnRequest = z.infer<typeof HandOnRequest>;

/** On the tasks queue: bring a message to one part of a large audience. */
export const SpreadMessage = z.looseObject({
  kind: z.literal('spread'),
  tenant: TenantId,
  /** The mail's place in every mailbox. */
  ref: z.string().min(1).max(1024),
  message: Message,
  audience: z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('agent'), to: z.string() }),
    z.looseObject({ kind: z.literal('group'), group: z.string() }),
    z.looseObject({ kind: z.literal('topic'), topic: z.string() }),
    z.looseObject({ kind: z.literal('all'), filter: AudienceFilter }),
  ]),
  /** What the places of its members begin with. */
  part: z.string().regex(/^[0-9a-f]{1,16}$/),
});
export type SpreadMessage = z.infer<typeof SpreadMessage>;

/** On the tasks queue: what waited for an answer takes it. `what`: `conflict:<id>`, or `value:<scope>/<name>`. */
export const SettleMessage = z.looseObject({ kind: z.literal('settle'), tenant: TenantId, what: z.string().max(256) });
export type SettleMessage = z.infer<typeof SettleMessage>;

/** Everything that travels on the tasks queue. */
export const TasksMessage = z.discriminatedUnion('kind', [
  StageMessage,
  StageChunkMessage,
  StageCancelMessage,
  FollowTaskMessage,
  SpreadMessage,
  SettleMessage,
]);
export type TasksMessage = z.infer<typeof TasksMessage>;

/** On the timers queue: only what must happen within seconds; each is checked against the state when it fires. */
export const TimerMessage = z.discriminatedUnion('kind', [
  /** The agent's socket closed; is it back? */
  z.looseObject({ kind: z.literal('reconnect-grace'), tenant: TenantId, agentId: AgentId, epoch: z.int() }),
  /** The agent had to accept this attempt by now. */
  z.looseObject({ kind: z.literal('ack'), tenant: TenantId, taskId: TaskId, attempt: z.int() }),
  /** This attempt may take no longer. */
  z.looseObject({ kind: z.literal('attempt'), tenant: TenantId, taskId: TaskId, attempt: z.int() }),
  /** An agent's circuit breaker lets a probe through from now on. */
  z.looseObject({ kind: z.literal('breaker'), tenant: TenantId, agentId: AgentId }),
  /** A backoff or start time has come. */
  z.looseObject({ kind: z.literal('due'), tenant: TenantId, taskId: TaskId, rev: z.int() }),
  /** An approval's chain moves on. */
  z.looseObject({ kind: z.literal('chain'), tenant: TenantId, taskId: TaskId }),
  /** A task's deadline that is nearer than the next sweep. */
  z.looseObject({ kind: z.literal('deadline'), tenant: TenantId, taskId: TaskId }),
  /** A run's deadline that is near enough for a timer. */
  z.looseObject({ kind: z.literal('run-deadline'), tenant: TenantId, runId: RunId }),
]);
export type TimerMessage = z.infer<typeof TimerMessage>;
