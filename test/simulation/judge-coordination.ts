import { keys } from '#core/contract/keys.ts';
import { isTerminal } from '#core/contract/task.ts';
import type { Stage } from '#core/stages/stage.ts';
import { memberTaskId } from '#core/tasks/new-task.ts';
import { type Change, type Court, runIn, short, stageIn, taskIn } from './court.ts';

const nameOf = (stage: Stage): string => `${short(stage.runId)}#${stage.position}`;

/** A decision may only count what has ended by then; `all` means all. */
const judgeDecision = (court: Court, by: string, stage: Stage, result: NonNullable<Stage['result']>): void => {
  const members = Array.from({ length: stage.total }, (_, index) =>
    taskIn(court.item(keys.task(stage.tenant, memberTaskId(stage.tenant, stage.runId, stage.position, index)))),
  ).filter((task) => task !== undefined);
  const succeeded = members.filter((task) => task.status === 'SUCCEEDED').length;
  // What a run that is over never let come to be counts as failed.
  const run = court.item(keys.run(stage.tenant, stage.runId));
  const missing = run?.['status'] === 'RUNNING' || run?.['status'] === 'STARTING' ? 0 : stage.total - members.length;
  const failed = members.filter((task) => isTerminal(task.status)).length - succeeded + missing;
  const { counts, outcome } = result;
  const isTrue = succeeded >= counts.succeeded && failed >= counts.failed;
  const isWhole = outcome === 'FAILED' || stage.completion !== 'all' || succeeded === stage.total;
  if (!isTrue || !isWhole)
    court.violate(
      'S6 a join counts what ended',
      `${nameOf(stage)} ${outcome} ${JSON.stringify(counts)} but ${succeeded} succeeded, ${failed} failed, by ${by}`,
    );
};

/** Judges a write of a stage: S6. */
export const judgeStage = (court: Court, { by, before, after }: Change): void => {
  if (after === undefined) return;
  const stage = stageIn(after);
  const old = before === undefined ? undefined : stageIn(before);
  court.trace(
    () =>
      `${by} stage ${nameOf(stage)} ${old?.status ?? '-'} → ${stage.status} ${stage.result?.outcome ?? ''} ${stage.taskToken}`,
  );
  if (old?.status === 'DECIDED') {
    const kept = ({ status, result, decidedAt }: Stage): string => JSON.stringify({ status, result, decidedAt });
    if (kept(old) !== kept(stage)) court.violate('S6 a stage is decided once', `${nameOf(stage)} by ${by}`);
  } else if (stage.result !== undefined) judgeDecision(court, by, stage, stage.result);
};

/** Judges a write of a run: S2. */
export const judgeRun = (court: Court, { by, before, after }: Change): void => {
  if (after === undefined) return;
  const run = runIn(after);
  const old = before === undefined ? undefined : runIn(before);
  court.trace(() => `${by} run ${short(run.runId)} ${old?.status ?? '-'} → ${run.status}`);
  if (old === undefined) return;
  const changes = old.status !== run.status || JSON.stringify(old.output) !== JSON.stringify(run.output);
  if (isTerminal(old.status) && changes)
    court.violate('S2 terminal absorbs', `${run.runId} ${old.status} → ${run.status} by ${by}`);
  if (old.ending !== undefined && JSON.stringify(old.ending) !== JSON.stringify(run.ending))
    court.violate('a run ends as it was first stopped', `${run.runId} by ${by}`);
  if (old.status === 'CANCELLING' && (run.status === 'RUNNING' || run.status === 'STARTING'))
    court.violate('S2 cancelling is not undone', `${run.runId} by ${by}`);
};
