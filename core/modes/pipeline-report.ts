import type { PipelineStage } from '../contract/definitions/pipeline.ts';
import { type Json, jsonBytes } from '../contract/json.ts';
import { isClaimCheck } from '../contract/payload.ts';
import { isTerminal } from '../contract/task.ts';
import { readMembers } from '../runs/members.ts';
import { readStage } from '../stages/stage.ts';
import type { Task } from '../tasks/task.ts';
import type { ModeContext } from './mode-rules.ts';

/** The task of a stage that has one, once it has ended; `undefined` before. Strongly consistent. */
export const readStageTask = async ({ services, run }: ModeContext, position: number): Promise<Task | undefined> => {
  const stage = await readStage(services, run.tenant, run.runId, position);
  if (stage === undefined) return undefined;
  const [task] = await readMembers(services, run, position, { from: 0, count: 1 });
  return task !== undefined && isTerminal(task.status) ? task : undefined;
};

const bytesOf = (value: Json): number => (isClaimCheck(value) ? value.$payload.bytes : jsonBytes(value));

const between = (from: number | undefined, to: number | undefined): number =>
  from === undefined || to === undefined ? 0 : Math.max(0, to - from);

const metricsOf = (task: Task): Json => {
  const begun = task.startedAt ?? task.assignedAt;
  return {
    taskId: task.taskId,
    status: task.status,
    agent: task.agentName ?? null,
    attempts: task.attempt,
    waitMs: between(task.createdAt, begun ?? task.endedAt),
    workMs: between(begun, task.endedAt),
    costUsd: task.usage?.costUsd ?? 0,
    inputBytes: bytesOf(task.input),
    outputBytes: task.output === undefined ? 0 : bytesOf(task.output),
  };
};

/** What a stage's entry in the run's result says: how it went, and the figures of each of its tasks. */
export const reportOf = (
  { id }: PipelineStage,
  status: 'SUCCEEDED' | 'FELL_BACK' | 'FAILED',
  tasks: readonly Task[],
  reason?: string,
): Json => ({
  stage: id,
  status,
  ...(reason === undefined ? {} : { reason: reason.slice(0, 1000) }),
  metrics: tasks.map(metricsOf),
});
