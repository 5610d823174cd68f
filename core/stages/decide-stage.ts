import { keys, stageIdOf } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { StageCounts } from '../coordination/completion.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { endRun } from '../runs/end-run.ts';
import { isLive, readRun } from '../runs/run.ts';
import { readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { equal, set } from '../table/conditions.ts';
import { Stage, type StageResult } from './stage.ts';

interface Verdict {
  readonly outcome: StageResult['outcome'];
  readonly counts: StageCounts;
  /** The positions of those that ended other than well. */
  readonly failed?: readonly number[];
}

/** The steps that failed, where there are several: which of them is what people ask first. */
const namesOfFailed = ({ parts }: Stage, failed: readonly number[]): string => {
  if (parts.length < 2 || failed.length === 0) return '';
  const hasFailed = ({ from, count }: Stage['parts'][number]): boolean =>
    failed.some((index) => index >= from && index < from + count);
  return ` (${parts
    .filter(hasFailed)
    .map(({ step }) => step)
    .join(', ')})`;
};

const summaryOf = (stage: Stage, { outcome, counts, failed = [] }: Verdict): string => {
  const steps = stage.parts.map((part) => part.step).join(', ');
  const said = `${outcome}, ${counts.succeeded} of ${counts.total} succeeded, ${counts.failed} failed`;
  return `${steps.slice(0, 200)}: ${said}${namesOfFailed(stage, failed)}`.slice(0, limits.stageSummaryBytes / 4);
};

/**
 * What must follow a stage's decision, in an order that any crash may cut: the run moves on or ends, the token is
 * answered, what is left is cancelled, and only then does the sweep lose sight of the stage. Repeatable.
 */
export const afterDecision = async (services: Services, stage: Stage): Promise<void> => {
  const { result } = stage;
  if (result === undefined) return;
  const run = await readRun(services, stage.tenant, stage.runId);
  const { definition } = await readWorkflow(services, stage.tenant, run.workflow, run.version);
  const next = rulesOf(definition).after(stage.position, result.outcome);
  if (next.run !== 'continue' && isLive(run)) {
    const error = { code: 'STEP_FAILED', message: result.summary, retryable: false };
    await endRun(services, run, next.run === 'succeed' ? { status: 'SUCCEEDED' } : { status: 'FAILED', error });
  }
  const output = {
    stageId: stageIdOf(stage.runId, stage.position),
    outcome: result.outcome,
    counts: result.counts,
    summary: result.summary,
  };
  for (const token of [stage.taskToken, ...(stage.otherTokens ?? [])]) {
    await (next.token === 'succeed'
      ? services.executions.succeed(token, output)
      : services.executions.fail(token, 'StepFailed', result.summary));
  }
  if (result.counts.open > 0) {
    const reason = `The stage is decided: ${result.outcome}.`;
    await services.queues.sendTasks(stage.tenant, [
      { kind: 'cancel', tenant: stage.tenant, runId: stage.runId, stage: stage.position, reason },
    ]);
  }
  await services.table.update({
    key: keys.stage(stage.tenant, stage.runId, stage.position),
    set: [],
    remove: [['sweepKey'], ['sweepSort'], ['outbox']],
    clauses: { noNewToken: equal('taskToken', stage.taskToken) },
  });
};

/** Decides a stage: OPEN → DECIDED once, whoever comes first; the winner brings about what follows. */
export const decideStage = async (services: Services, stage: Stage, verdict: Verdict): Promise<void> => {
  const result: StageResult = {
    outcome: verdict.outcome,
    counts: { ...verdict.counts },
    summary: summaryOf(stage, verdict),
  };
  const written = await services.table.update({
    key: keys.stage(stage.tenant, stage.runId, stage.position),
    set: [
      set('status', 'DECIDED'),
      set('result', result),
      set('decidedAt', services.clock.now()),
      set('outbox', 'token'),
    ],
    clauses: { isOpen: equal('status', 'OPEN') },
  });
  if (written.won) await afterDecision(services, Stage.parse(written.item));
};
