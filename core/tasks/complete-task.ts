import { releaseAndFill } from '../assignment/fill-agent.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import type { AgentId, TenantId } from '../contract/ids.ts';
import { forgottenAfter } from '../contract/retention.ts';
import { isTerminal } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import { fitPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import type { Written } from '../table/table.ts';
import { afterEnd, claimOfTask, forgottenAt, outcomeOf } from './end-task.ts';
import { AlreadyTerminalError, StaleAttemptError } from './errors.ts';
import { readTask, type Task } from './task.ts';
import { quarantine } from './task-notes.ts';
import { type Ending, finishByAgent, holderOf } from './task-writes.ts';

/** The agent that speaks, as its connection proves. */
export interface Speaker {
  readonly tenant: TenantId;
  readonly agentId: AgentId;
}

interface Late {
  readonly speaker: Speaker;
  readonly taskId: Task['taskId'];
  readonly attempt: number;
  /** What the ending that lost would have made of it. */
  readonly status: Extract<Ending['status'], 'SUCCEEDED' | 'FAILED'>;
  readonly fields: Readonly<Record<string, unknown>>;
}

const wasHolder = (task: Task, { attempt, speaker: { agentId } }: Late): boolean =>
  task[holderOf(attempt)] === agentId || (task.attempt === attempt && task.agentId === agentId);

const keepAside = async (services: Services, { speaker, taskId, attempt, fields }: Late): Promise<void> => {
  const nowMs = services.clock.now();
  const { tenant, agentId } = speaker;
  const expiresAtEpochSeconds = forgottenAfter(nowMs, services.retention.lateResults);
  await services.table.put(quarantine({ tenant, taskId }, { attempt, agentId, fields, nowMs, expiresAtEpochSeconds }));
  services.log.warn('late result kept aside', { taskId, attempt, agentId });
};

/**
 * What a lost ending means, by what it lost to: the same one sent again (fine), or one that came too late: kept aside
 * where an operator sees it, and refused. A failure of the attempt that succeeded says nothing worth keeping.
 */
export const settleLate = async (services: Services, written: Written, late: Late): Promise<void> => {
  const found = readTask(written.item);
  if (found.kind !== 'task') throw new NotFoundError('task', late.taskId);
  const { task } = found;
  const isOwnEnd =
    isTerminal(task.status) &&
    task.agentId === late.speaker.agentId &&
    task.attempt === late.attempt &&
    task['endedByAgent'] === true;
  if (isOwnEnd && task.status === late.status) return;
  // Only what could have been this agent's is kept: another agent's guess at an attempt is no late result.
  const isKept = wasHolder(task, late) && !(isOwnEnd && late.status === 'FAILED');
  if (isKept) await keepAside(services, late);
  if (isTerminal(task.status)) throw new AlreadyTerminalError(late.taskId, task.status);
  throw new StaleAttemptError(late.taskId, late.attempt, isKept ? 'kept_aside' : 'nothing');
};

/**
 * Takes an agent's result: the task first, fenced by attempt, then the slot. A repeat is acknowledged again.
 *
 * @throws StaleAttemptError when the task is another's now, AlreadyTerminalError when it has ended otherwise; the result
 * is then kept aside. NotFoundError for an unknown task, or another tenant's.
 */
export const completeTask = async (
  services: Services,
  speaker: Speaker,
  result: ClientFrame<'task.result'>,
): Promise<void> => {
  const { taskId, attempt, usage, confidence, evidence } = result;
  const nowMs = services.clock.now();
  const output = await fitPayload(services, speaker.tenant, 'output', result.output);
  const fields = { agentId: speaker.agentId, output, usage, confidence, evidence, endedByAgent: true };
  const ending: Ending = { status: 'SUCCEEDED', fields, nowMs, expiresAtEpochSeconds: forgottenAt(services) };
  const written = await services.table.update(
    finishByAgent({ tenant: speaker.tenant, taskId }, { agentId: speaker.agentId, attempt }, ending),
  );
  if (!written.won) return settleLate(services, written, { speaker, taskId, attempt, status: 'SUCCEEDED', fields });
  const ended = readTask(written.item);
  if (ended.kind !== 'task') return;
  const claim = claimOfTask(ended.task);
  await Promise.all([
    claim === undefined ? undefined : releaseAndFill(services, claim, outcomeOf(ended.task, true, nowMs)),
    afterEnd(services, ended.task),
  ]);
};
