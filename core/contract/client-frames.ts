import * as z from 'zod';
import { AgentRegistration, AgentUpdate, TaskRef } from './agent.ts';
import { Amount } from './amount.ts';
import { ConflictReport } from './conflict.ts';
import { CollaborationRequest, EscalationRequest, ResourceRequest } from './escalation.ts';
import { HandoffRequest } from './handoff.ts';
import { Name, RunId, TaskId } from './ids.ts';
import { Json, KeptJson } from './json.ts';
import { limits } from './limits.ts';
import { messagingFrames } from './messaging.ts';
import { SecretRequestName } from './secret.ts';
import { StatePatch, StatePull, StateScope } from './state.ts';
import { TaskError, TaskSubmission, Usage } from './task.ts';

const attempt = z.int().positive();
const percent = z.number().min(0).max(100);

const Metrics = z
  .record(z.string().min(1).max(64), Amount)
  .refine(
    (metrics) => Object.keys(metrics).length <= limits.metricsPerAgent,
    `has more than ${limits.metricsPerAgent} metrics`,
  );

/** The payload of each frame that an agent or client may send, by envelope type. */
export const clientFrames = {
  'agent.register': AgentRegistration,
  'agent.update': AgentUpdate,
  'agent.heartbeat': z.strictObject({
    tasks: z.array(TaskRef.extend({ percent: percent.optional() })).max(limits.tasksPerHeartbeat),
    metrics: Metrics.optional(),
    lastAssignment: z.int().nonnegative().optional(),
  }),
  'task.accept': z.strictObject({ taskId: TaskId, attempt }),
  'task.reject': z.strictObject({
    taskId: TaskId,
    attempt,
    reason: z.string().max(1024).optional(),
    /** `no_handler`: the agent cannot do tasks of this type at all, and is given no more of them. */
    code: z.literal('no_handler').optional(),
  }),
  'task.progress': z.strictObject({
    taskId: TaskId,
    attempt,
    percent: percent.optional(),
    message: z.string().max(1024).optional(),
    milestone: z.string().max(128).optional(),
    /** Streamed to watchers, not stored. */
    chunk: Json.optional(),
    /** What was done so far, for whoever goes on should this attempt fail. The last one is kept. */
    workState: Json.optional(),
  }),
  'task.result': z.strictObject({
    taskId: TaskId,
    attempt,
    output: Json,
    usage: Usage.optional(),
    confidence: z.number().min(0).max(1).optional(),
    evidence: z.array(KeptJson).max(20).optional(),
  }),
  'task.fail': z.strictObject({
    taskId: TaskId,
    attempt,
    error: TaskError,
    /** What was done so far, for whoever goes on. */
    workState: Json.optional(),
  }),
  'task.released': z.strictObject({ taskId: TaskId, attempt }),
  'task.submit': z.strictObject({
    task: TaskSubmission,
    /** The task under which it is submitted; that one may then wait for it. */
    parentTask: TaskId.optional(),
  }),
  'task.handoff': HandoffRequest,
  'task.wait': z.strictObject({
    taskId: TaskId,
    attempt,
    children: z.array(TaskId).min(1).max(limits.childrenPerWait),
    workState: Json.optional(),
  }),
  /** Asks for a secret that the task names; answered by `secret.value`. */
  'secret.get': z.strictObject({ taskId: TaskId, attempt, name: SecretRequestName }),
  'collaboration.request': CollaborationRequest,
  'resource.request': ResourceRequest,
  'escalation.raise': EscalationRequest,
  'task.cancel': z.strictObject({ taskId: TaskId, reason: z.string().max(1024).optional() }),
  watch: z
    .strictObject({
      runId: RunId.optional(),
      taskId: TaskId.optional(),
      /** By id or name. */
      agentId: Name.optional(),
      /** Of a run or task: every event behind this number of its log, in order, rather than hints. */
      cursor: z.int().min(0).optional(),
    })
    .refine(
      ({ cursor: _cursor, ...topic }) => Object.values(topic).filter((value) => value !== undefined).length === 1,
      'needs exactly one of runId, taskId, agentId',
    )
    .refine(({ agentId, cursor }) => agentId === undefined || cursor === undefined, {
      path: ['cursor'],
      message: 'is of runs and tasks: agents have no log',
    }),
  unwatch: z.strictObject({
    runId: RunId.optional(),
    taskId: TaskId.optional(),
    agentId: Name.optional(),
    /** Of shared state, which a `state.pull` subscribed to. */
    scope: StateScope.optional(),
  }),
  ...messagingFrames,
  /** Asks for an address to upload a payload to; answered by `payload.ready`. */
  'payload.prepare': z.strictObject({
    bytes: z.int().positive().max(limits.payloadBytes),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** Changes shared state; answered by `state.delta`. */
  'state.patch': StatePatch,
  /** Asks for shared state; answered by `state.delta`. */
  'state.pull': StatePull,
  /** A disagreement of agents; answered by `conflict.decided`. */
  'conflict.report': ConflictReport,
} as const;

/** The envelope type of a frame from a client. */
export type ClientFrameType = keyof typeof clientFrames;
/** The payload of a type, as it is after parsing. */
export type ClientFrame<Type extends ClientFrameType> = z.infer<(typeof clientFrames)[Type]>;
/** A payload as a sender writes it: everything with a default may be left out. */
export type ClientFrameInput<Type extends ClientFrameType> = z.input<(typeof clientFrames)[Type]>;

/** Whether a type is one that clients may send. */
export const isClientFrameType = (type: string): type is ClientFrameType => Object.hasOwn(clientFrames, type);

/**
 * Frames that are said often and always answered: each type has a route of its own, whose invocation's result is the
 * answer. That saves the call that pushes it. A route that answers sends something for every frame, so frames that may stay
 * without an answer are not among these. `secret.get` is answered by its route as well, which is another function's.
 */
export const answeredFrames = [
  'message.pull',
  'message.send',
  'state.patch',
  'state.pull',
  'task.result',
] as const satisfies readonly ClientFrameType[];
