import * as z from 'zod';
import { ModeChoice } from '../contract/definitions/auto.ts';
import { RunId, TaskId, TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { RunError, RunStatus, StartedBy } from '../contract/workflow.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';

/** Statuses of a run that goes on. */
export const liveStatuses = ['STARTING', 'RUNNING', 'PAUSED'] as const;

/** The run item. Written before its execution starts; ended by the engine, never by the execution alone. */
export const Run = z.looseObject({
  tenant: TenantId,
  runId: RunId,
  workflow: z.string(),
  version: z.int(),
  mode: z.string(),
  /** Of a workflow whose mode was chosen. */
  choice: ModeChoice.optional(),
  status: RunStatus,
  input: Json,
  output: Json.optional(),
  error: RunError.optional(),
  /** How far it is, where its mode reports that. */
  progress: Json.optional(),
  requestHash: z.string(),
  principal: z.string(),
  /** Of one that nobody asked for over the API. */
  startedBy: StartedBy.optional(),
  /** The trace that it belongs to, and the caller's span in it. */
  traceparent: z.string().optional(),
  executionArn: z.string().optional(),
  /** The task that it does: a step of another run. */
  parentTask: TaskId.optional(),
  /** How many runs it is inside of. */
  depth: z.int().optional(),
  createdAt: z.number(),
  deadlineAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** When it was paused, and until when; of a run that is paused the last goes on. Of many the newest. */
  pauses: z.array(z.looseObject({ from: z.number(), to: z.number().optional() })).optional(),
  /** The run whose results before this stage are taken over. */
  reuse: z.looseObject({ runId: RunId, before: z.int() }).optional(),
  /** How a run that is CANCELLING ends. */
  ending: z
    .looseObject({ status: z.enum(['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT']), error: RunError.optional() })
    .optional(),
  /** The log that its changes go into, once somebody has asked for it; and whether its tasks' do as well. */
  runLog: z.string().optional(),
  isLogOpen: z.boolean().optional(),
  rev: z.int(),
});
export type Run = z.infer<typeof Run>;

/** A run's error as watchers and logs are told of it. */
export const errorAsTold = ({ code, message, failedTask }: RunError): Record<string, Json> => ({
  code,
  message,
  ...(failedTask === undefined ? {} : { failedTask: Json.parse(failedTask) }),
});

/** Whether a run still accepts new stages and tasks; of a paused one they wait. */
export const isLive = (run: Pick<Run, 'status'>): boolean => liveStatuses.some((status) => status === run.status);

/** A run as it is now. @throws NotFoundError when there is none of this tenant's. */
export const readRun = async (services: Services, tenant: TenantId, runId: RunId): Promise<Run> => {
  const item = await services.table.get(keys.run(tenant, runId), { consistent: true });
  if (item === undefined) throw new NotFoundError('run', runId);
  return Run.parse(item);
};
