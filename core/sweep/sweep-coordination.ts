import { timings } from '../contract/limits.ts';
import { stopRun } from '../runs/cancel-run.ts';
import { stopIfAbandoned } from '../runs/child-run.ts';
import { isOverdue, overdueEnding } from '../runs/deadline.ts';
import type { RunEnding } from '../runs/end-run.ts';
import { executionEnded } from '../runs/execution-ended.ts';
import { isLive, type Run, readRun } from '../runs/run.ts';
import { startExecution } from '../runs/start-run.ts';
import type { Services } from '../services.ts';
import { cancelMembers } from '../stages/cancel-members.ts';
import { afterDecision } from '../stages/decide-stage.ts';
import { followRun } from '../stages/hold-stage.ts';
import { repairStage, settleStage } from '../stages/join-stage.ts';
import type { Stage } from '../stages/stage.ts';

/** A stage that is open, or decided with its token unanswered. Young ones are left to whoever is at work on them. */
export const sweepStage = async (services: Services, stage: Stage): Promise<number> => {
  if (services.clock.now() - stage.createdAt < timings.sweepMs) return 0;
  if (stage.status === 'DECIDED') return afterDecision(services, stage).then(() => 1);
  const run = await readRun(services, stage.tenant, stage.runId);
  if (isLive(run))
    return followRun(services, run, stage)
      .then(() => repairStage(services, stage))
      .then(() => 0);
  // Its run ended between its creator's look at the run and the stage's own write: nobody else closes it.
  const reason = `The run is ${run.status}.`;
  await cancelMembers(services, { tenant: stage.tenant, runId: stage.runId, stage: stage.position, reason });
  return settleStage(services, stage).then(() => 1);
};

/** Old runs whose executions are all looked at in one sweep; DescribeExecution refills at 15 a second. */
const lookedAt = 300;
/** Share of those beyond. */
const lookShare = 0.2;

/** A run whose execution ended by itself, and no event told. */
const lookAtExecution = async (services: Services, run: Run): Promise<number> => {
  if (run.executionArn === undefined) return 0;
  const status = await services.executions.status(run.executionArn);
  if (status !== 'FAILED' && status !== 'TIMED_OUT' && status !== 'ABORTED') return 0;
  return executionEnded(services, { tenant: run.tenant, runId: run.runId, status }).then(() => 1);
};

/**
 * A run that did not get going, did not end in time, was being cancelled, or whose execution ended unnoticed. `position`
 * counts the runs of this sweep, from 0.
 */
export const sweepRun = async (services: Services, run: Run, position: number): Promise<number> => {
  const nowMs = services.clock.now();
  if (nowMs - run.createdAt < timings.sweepMs) return 0;
  if (run.status === 'STARTING') return startExecution(services, run).then(() => 1);
  if (run.status === 'CANCELLING') {
    const ending: RunEnding = {
      status: 'CANCELLED',
      error: { code: 'CANCELLED', message: 'The run was cancelled.', retryable: false },
    };
    return stopRun(services, run, run.ending ?? ending).then(() => 1);
  }
  if (await stopIfAbandoned(services, run)) return 1;
  if (isOverdue(run, nowMs)) return stopRun(services, run, overdueEnding(run)).then(() => 1);
  return position < lookedAt || services.random.fraction() <= lookShare ? lookAtExecution(services, run) : 0;
};
