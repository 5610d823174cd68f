import { revokeClaim } from '../agents/slots.ts';
import { announceSignature } from '../assignment/backlog.ts';
import { releaseAndFill } from '../assignment/fill-agent.ts';
import { placeStoredTask } from '../assignment/place-task.ts';
import { setTimers } from '../assignment/set-timers.ts';
import type { AgentId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import type { RetryPolicy, TaskError } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { claimOfTask, endByPlatform, outcomeOf, takeFromAgent } from './end-task.ts';
import { mayRetry } from './may-retry.ts';
import { readTask, type Task } from './task.ts';
import { requeueTask } from './task-writes.ts';

/** Wait before the next attempt: doubles with each, full jitter. */
export const backoffMs = (retry: RetryPolicy, attempt: number, fraction: number): number =>
  Math.round(fraction * Math.min(retry.maxBackoffMs, retry.backoffMs * 2 ** (attempt - 1)));

/** Why a task leaves an agent. */
export interface GivingBack {
  readonly error: TaskError;
  /**
   * What becomes of the agent's slot: `free` at once; `let_go`: the agent lives and must let go first; `cool_down`: kept
   * empty until the agent's next heartbeat, because it is short of resources.
   */
  readonly slot: 'free' | 'let_go' | 'cool_down';
  /** Whether the agent gets the task again only when there is nobody else. */
  readonly avoidAgent: boolean;
  /** Not the agent's failure (the platform's own doing, or it was not for this agent): the attempt is not counted. */
  readonly isUncounted?: boolean;
  /** What the agent had done so far, for whoever goes on. */
  readonly workState?: Json | undefined;
  /** Wait before the next attempt. */
  readonly delayMs: number;
}

const avoidList = (task: Task, avoidAgent: boolean): readonly AgentId[] =>
  task.agentId === undefined || !avoidAgent
    ? (task.avoid ?? [])
    : [...new Set([...(task.avoid ?? []), task.agentId])].slice(-5);

const freeSlotOf = async (services: Services, task: Task, why: GivingBack): Promise<void> => {
  const claim = claimOfTask(task);
  if (claim === undefined) return;
  if (why.slot === 'let_go') return takeFromAgent(services, task, claim, why.error.message);
  if (why.slot === 'cool_down') {
    await services.table.update(revokeClaim(claim, services.clock.now()));
    return;
  }
  // What is not the agent's failure is not held against it.
  const outcome = why.isUncounted === true ? undefined : outcomeOf(task, false, services.clock.now());
  await releaseAndFill(services, claim, outcome);
};

/**
 * Takes an assignment back and gives the task to somebody else, as long as attempts are left and the error allows it;
 * otherwise the task FAILS with the error. Fenced by attempt and claim: whoever is faster (a result, another sweep) wins.
 */
export const giveBackTask = async (services: Services, task: Task, why: GivingBack): Promise<void> => {
  if (why.isUncounted !== true && !mayRetry(task, why.error)) {
    await endByPlatform(
      services,
      task,
      { status: 'FAILED', error: why.error },
      why.slot === 'free' ? 'free' : 'let_go',
    );
    return;
  }
  // Before it is queued: a task whose requirements are not announced is found by nobody after a crash.
  if (why.delayMs <= 0) await announceSignature(services, task);
  const nowMs = services.clock.now();
  const delay = why.delayMs > 0 ? { runAt: nowMs + why.delayMs } : {};
  const written = await services.table.update(
    requeueTask(task, {
      avoid: avoidList(task, why.avoidAgent),
      error: why.error,
      workState: why.workState,
      isUncounted: why.isUncounted === true,
      nowMs,
      ...delay,
    }),
  );
  const back = written.won ? readTask(written.item) : undefined;
  if (back?.kind !== 'task') return;
  await freeSlotOf(services, task, why);
  if (back.task.status === 'QUEUED') {
    await placeStoredTask(services, back.task);
  } else {
    await Promise.all([setTimers(services, back.task), tellOfTask(services, back.task, 'task.retrying')]);
  }
};
