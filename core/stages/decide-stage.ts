import { keys, stageIdOf } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { RunError } from '../contract/workflow.ts';
import type { StageCounts } from '../coordination/completion.ts';
import { AppError } from '../errors/app-error.ts';
import type { AfterStage, ModeRules, RunConclusion } from '../modes/mode-rules.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { failedEnding } from '../runs/deadline.ts';
import { endRun } from '../runs/end-run.ts';
import { sayFailedTask, withFailedTask } from '../runs/failed-task.ts';
import { noteOnce, resultNote } from '../runs/notes.ts';
import { isLive, type Run, readRun } from '../runs/run.ts';
import { readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { equal, set } from '../table/conditions.ts';
import { tracePhase } from '../trace/run-spans.ts';
import { Stage, type StageResult } from './stage.ts';

interface Verdict {
  readonly outcome: StageResult['outcome'];
  readonly counts: StageCounts;
  /** The positions of those that ended other than well. */
  readonly failed?: readonly number[];
  /** Of those, the ones that never began. */
  readonly skipped?: readonly number[];
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

const summaryOf = (stage: Stage, { outcome, counts, failed = [], skipped = [] }: Verdict): string => {
  const steps = stage.parts.map((part) => part.step).join(', ');
  const own = failed.filter((index) => !skipped.includes(index));
  const said = `${outcome}, ${counts.succeeded} of ${counts.total} succeeded, ${counts.failed - skipped.length} failed`;
  const rest = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  return `${steps.slice(0, 200)}: ${said}${namesOfFailed(stage, own)}${rest}`.slice(0, limits.stageSummaryBytes / 4);
};

/** What a run came to; one whose outputs nothing can be made of has failed, for that reason. */
const concludeRun = async (
  services: Services,
  run: Run,
  rules: ModeRules,
  { position, result }: Stage,
): Promise<RunConclusion> => {
  if (rules.conclude === undefined || result === undefined) return {};
  try {
    return await rules.conclude({ services, run }, position, result.outcome);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    return { error: { code: error.code, message: error.message, retryable: false } };
  }
};

/** Why the run fails: as its mode says, else that a step failed; and by which task. */
const reasonOf = async (
  services: Services,
  run: Run,
  { summary }: StageResult,
  error: RunError | undefined,
): Promise<RunError> => {
  if (error !== undefined) return withFailedTask(services, run, error);
  const reason = await withFailedTask(services, run, { code: 'STEP_FAILED', message: summary, retryable: false });
  const { failedTask } = reason;
  return failedTask === undefined ? reason : { ...reason, message: `${summary}. ${sayFailedTask(failedTask)}` };
};

/** What follows for the run, which moves on or ends, and what its token is told. Repeatable. */
const moveRun = async (
  services: Services,
  stage: Stage,
  result: StageResult,
): Promise<AfterStage & { why: string }> => {
  const run = await readRun(services, stage.tenant, stage.runId);
  const { definition } = await readWorkflow(services, stage.tenant, run.workflow, run.version);
  const rules = rulesOf(definition);
  const after = rules.after(stage.position, result.outcome);
  const { result: whole, error } = after.run === 'continue' ? {} : await concludeRun(services, run, rules, stage);
  const next: AfterStage = error === undefined ? after : { run: 'fail', token: 'fail' };
  if (next.run !== 'continue' && isLive(run)) {
    if (whole !== undefined) await noteOnce(services, run, resultNote, whole);
    if (next.run === 'succeed') await endRun(services, run, { status: 'SUCCEEDED' });
    else {
      const reason = await reasonOf(services, run, result, error);
      await endRun(services, run, failedEnding(run, reason, stage.decidedAt ?? services.clock.now()));
    }
  }
  return { ...next, why: error?.message ?? result.summary };
};

/** The error by which a state asks once more: its Retry names it. */
const askAgain = 'HandOnAgain';

const answerToken = async (
  services: Services,
  taskToken: string,
  how: 'succeed' | 'fail' | 'again',
  { output, cause }: { readonly output: unknown; readonly cause: string },
): Promise<void> => {
  if (how === 'succeed') await services.executions.succeed(taskToken, output);
  else await services.executions.fail(taskToken, how === 'again' ? askAgain : 'StepFailed', cause);
};

/**
 * What must follow a stage's decision, in an order that any crash may cut: the run moves on or ends, the token is
 * answered, what is left is cancelled, and only then does the sweep lose sight of the stage. Repeatable.
 */
export const afterDecision = async (services: Services, stage: Stage): Promise<void> => {
  const { result } = stage;
  if (result === undefined) return;
  const { token: answer, why } = await moveRun(services, stage, result);
  const output = {
    stageId: stageIdOf(stage.runId, stage.position),
    outcome: result.outcome,
    counts: result.counts,
    summary: result.summary,
  };
  for (const token of [stage.taskToken, ...(stage.otherTokens ?? [])]) {
    await answerToken(services, token, answer, { output, cause: why });
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
  if (!written.won) return;
  const decided = Stage.parse(written.item);
  tracePhase(services, decided);
  await afterDecision(services, decided);
};
