import type { HandOnRequest } from '../contract/messages.ts';
import { AppError } from '../errors/app-error.ts';
import type { HandOn } from '../modes/mode-rules.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { Services } from '../services.ts';
import { failedEnding } from './deadline.ts';
import { endRun } from './end-run.ts';
import { withFailedTask } from './failed-task.ts';
import { noteOnce, resultNote } from './notes.ts';
import { isLive, type Run, readRun } from './run.ts';
import { readWorkflow } from './workflow-store.ts';

/** What can never be handed on (it is gone, or too large) ends the run with the reason. */
const handOnOrFail = async (services: Services, run: Run, position: number): Promise<HandOn> => {
  try {
    const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
    const rules = rulesOf(definition);
    if (rules.handOn === undefined) throw new AppError('NOT_FOUND', `The mode ${definition.mode} hands nothing on.`);
    return await rules.handOn({ services, run }, position);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    return { kind: 'fail', error: { code: error.code, message: error.message, retryable: false }, result: null };
  }
};

/** A run that is over: whoever asks again is told how it ended. */
const answerOver = async (services: Services, run: Run, { taskToken }: HandOnRequest): Promise<void> => {
  if (run.status === 'SUCCEEDED') await services.executions.succeed(taskToken, { outcome: 'SUCCEEDED' });
  else await services.executions.fail(taskToken, 'RunNotLive', run.error?.message ?? `The run is ${run.status}.`);
};

/**
 * Hands on what one stage made to the next, as a state machine asked that waits with a token: the next stage is asked for
 * under this very token, or, after the last, the run ends and the token is answered. Repeatable at every point: what is
 * handed on depends on tasks that have ended, and is kept the first time.
 *
 * @throws NotFoundError for a run that does not exist.
 */
export const handOn = async (services: Services, request: HandOnRequest): Promise<void> => {
  const { tenant, runId, position, taskToken, traceparent } = request;
  const run = await readRun(services, tenant, runId);
  if (!isLive(run)) return answerOver(services, run, request);
  const next = await handOnOrFail(services, run, position);
  if (next.kind === 'work') {
    const trace = traceparent === undefined ? {} : { traceparent };
    await services.queues.sendTasks(tenant, [{ kind: 'stage', tenant, runId, stage: next.stage, taskToken, ...trace }]);
    return;
  }
  await noteOnce(services, run, resultNote, next.result);
  if (next.kind === 'end') await endRun(services, run, { status: 'SUCCEEDED' });
  else {
    const error = await withFailedTask(services, run, next.error);
    await endRun(services, run, failedEnding(run, error, services.clock.now()));
  }
  await answerOver(services, await readRun(services, tenant, runId), request);
};
