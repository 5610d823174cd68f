import * as z from 'zod';
import { DecidedConflict } from './conflict.ts';
import { AgentId, RunId, TaskId } from './ids.ts';
import { Json } from './json.ts';
import { messagingPlatformFrames } from './messaging.ts';
import { StateDelta } from './state.ts';
import { AssignedTask, TaskError, Usage } from './task.ts';

const assignment = z.looseObject({
  task: AssignedTask,
  attempt: z.int(),
  deadline: z.number(),
  /** When this attempt has taken too long and goes to another agent; absent: only the task's own deadline counts. */
  attemptDeadline: z.number().optional(),
  /** Stable per (task, attempt): hand it to the systems the task calls. */
  idempotencyKey: z.string(),
  /** The trace that it belongs to: hand it to the systems the task calls. */
  traceparent: z.string().optional(),
});

/** The payload of each frame that the platform sends. Loose: an older client ignores what a newer platform adds. */
export const platformFrames = {
  'agent.registered': z.looseObject({
    agentId: AgentId,
    epoch: z.int(),
    heartbeatMs: z.int(),
    limits: z.looseObject({ frameBytes: z.int(), inlinePayloadBytes: z.int(), payloadBytes: z.int() }),
  }),
  /** Another connection took this agent over: stop, and do not reconnect. */
  'agent.replaced': z.looseObject({ agentId: AgentId }),
  /** An operator stopped this agent: stop at once, and do not reconnect before it is resumed. */
  'agent.stop': z.looseObject({ agentId: AgentId, reason: z.string() }),
  'task.assigned': assignment,
  /** Several assignments at once, of types that the agent registered as `batchTypes`. Each ends by itself. */
  'task.batch': z.looseObject({ assignments: z.array(assignment).min(2) }),
  /** Stop working on it and answer `task.released`. */
  'task.cancel': z.looseObject({ taskId: TaskId, attempt: z.int(), reason: z.string() }),
  /** The task is no longer this agent's: stop; a result would be refused. */
  'lease.lost': z.looseObject({ taskId: TaskId, attempt: z.int() }),
  'task.submitted': z.looseObject({ taskId: TaskId, status: z.string() }),
  'task.completed': z.looseObject({
    taskId: TaskId,
    status: z.string(),
    output: Json.optional(),
    error: TaskError.optional(),
    usage: Usage.optional(),
    attempt: z.int().optional(),
  }),
  event: z.looseObject({
    /** Grows with every change of its subject; a smaller or equal one is old news. */
    seq: z.int(),
    type: z.string(),
    at: z.number(),
    runId: RunId.optional(),
    taskId: TaskId.optional(),
    agentId: AgentId.optional(),
    data: Json,
  }),
  ...messagingPlatformFrames,
  'payload.ready': z.looseObject({ ref: z.string(), uploadUrl: z.url(), headers: z.record(z.string(), z.string()) }),
  /** Answers `secret.get`: for the agent alone, and for this task. */
  'secret.value': z.looseObject({ taskId: TaskId, name: z.string(), value: z.string() }),
  /** What a reported conflict came to: `decision`, or `escalationId` while people are asked. */
  'conflict.decided': DecidedConflict,
  /** News of shared state: an answer, or somebody else's change. */
  'state.delta': StateDelta,
  ack: z.looseObject({ id: z.string() }),
  error: z.looseObject({
    id: z.string().nullable(),
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    field: z.string().optional(),
    limit: z.number().optional(),
    retryAfterMs: z.number().optional(),
  }),
} as const;

/** The envelope type of a frame from the platform. */
export type PlatformFrameType = keyof typeof platformFrames;
/** The payload of a type. */
export type PlatformFrame<Type extends PlatformFrameType> = z.infer<(typeof platformFrames)[Type]>;
