import type { RunId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { StageCancelMessage } from '../contract/messages.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { cancelMembers } from '../stages/cancel-members.ts';
import { equal, oneOf, plus, set } from '../table/conditions.ts';
import { isOverdue, overdueEnding } from './deadline.ts';
import { endRun, type RunEnding } from './end-run.ts';
import { readStages } from './members.ts';
import { isLive, liveStatuses, Run, readRun } from './run.ts';

/** A run that has ended otherwise. */
export class RunEndedError extends AppError {
  override readonly name = 'RunEndedError';
  constructor(runId: string, status: string) {
    super('ALREADY_TERMINAL', `${runId} has ended with ${status}. Nothing changes it any more.`);
  }
}

/** Tasks of one stage that a request, or a message, ends: a thousand would take longer than either may. */
const endedAtOnce = 200;

/**
 * Closes a run's stages and ends tasks that are still open, also those of a stage that an earlier, interrupted call closed.
 * What is too much for one call is left to a message. Returns how many tasks are still open.
 */
const endMembers = async (services: Services, run: Run, reason: string): Promise<number> => {
  let open = 0;
  let partial: number | undefined;
  for (const stage of await readStages(services, run)) {
    await services.table.update({
      key: keys.stage(stage.tenant, stage.runId, stage.position),
      set: [set('status', 'DECIDED'), set('decidedAt', services.clock.now())],
      remove: [['sweepKey'], ['sweepSort']],
      clauses: { isUndecided: equal('status', 'OPEN') },
    });
    // An execution that started while its starter died has no ARN here: its tokens are what ends it.
    for (const token of stage.result === undefined ? [stage.taskToken, ...(stage.otherTokens ?? [])] : [])
      await services.executions.fail(token, 'RunNotLive', reason);
    const members = { tenant: run.tenant, runId: run.runId, stage: stage.position, reason };
    const left = await cancelMembers(services, members, endedAtOnce);
    open += left.open;
    if (left.isPartial) partial = stage.position;
  }
  // One for all stages: each message goes through all of them.
  if (partial !== undefined)
    await services.queues.sendTasks(run.tenant, [
      { kind: 'cancel', tenant: run.tenant, runId: run.runId, stage: partial, reason, stopsRun: true },
    ]);
  return open;
};

/**
 * Brings a run to an end other than success, in the order that leaves nothing behind: no new work (CANCELLING), no
 * further states, no open tasks, and then the end. Repeatable from any point; the sweep goes on after a crash.
 */
export const stopRun = async (services: Services, run: Run, end: RunEnding): Promise<Run> => {
  const reason = end.error?.message ?? `The run is ${end.status}.`;
  const written = await services.table.update({
    key: keys.run(run.tenant, run.runId),
    set: [set('status', 'CANCELLING'), set('ending', end), plus('rev', 1)],
    clauses: { isLive: oneOf('status', liveStatuses) },
  });
  const stopping = written.item === undefined ? run : Run.parse(written.item);
  if (stopping.status !== 'CANCELLING') return stopping;
  if (stopping.executionArn !== undefined) await services.executions.stop(stopping.executionArn, reason);
  const open = await endMembers(services, stopping, reason);
  // Whoever began to stop it said how it ends: the execution's own end, which follows, does not change that.
  if (open === 0) await endRun(services, stopping, stopping.ending ?? end);
  return readRun(services, run.tenant, run.runId);
};

/** Ends what is left of a stage that is over, or of a run that is being stopped or whose time is over. Repeatable. */
export const goOnCancelling = async (services: Services, message: StageCancelMessage): Promise<void> => {
  if (message.stopsRun !== true) {
    await cancelMembers(services, message);
    return;
  }
  const run = await readRun(services, message.tenant, message.runId);
  const isOver = isLive(run) && isOverdue(run, services.clock.now());
  const ending = isOver ? overdueEnding(run) : run.ending;
  if ((isOver || run.status === 'CANCELLING') && ending !== undefined) await stopRun(services, run, ending);
};

/**
 * Cancels a run with all its tasks; of more than some hundreds the last are cancelled soon after, and the run then. Cancelling a cancelled run is fine.
 * @throws RunEndedError when it ended otherwise, NotFoundError when there is none of this tenant's.
 */
export const cancelRun = async (
  services: Services,
  principal: Principal,
  runId: RunId,
  reason: string,
): Promise<Run> => {
  const run = await readRun(services, principal.tenant, runId);
  if (run.status === 'CANCELLED') return run;
  if (!isLive(run) && run.status !== 'CANCELLING') throw new RunEndedError(runId, run.status);
  return stopRun(services, run, {
    status: 'CANCELLED',
    error: { code: 'CANCELLED', message: reason, retryable: false },
  });
};
