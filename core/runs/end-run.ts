import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import type { RunError } from '../contract/workflow.ts';
import { AppError } from '../errors/app-error.ts';
import { rulesOf } from '../modes/rules-of.ts';
import { fitPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { oneOf, plus, set, setAll } from '../table/conditions.ts';
import { traceRun } from '../trace/run-spans.ts';
import { tellWatchers } from '../watch/watchers.ts';
import { countRun } from './count-run.ts';
import { runOutput } from './outputs.ts';
import { errorAsTold, liveStatuses, Run } from './run.ts';
import { readWorkflow } from './workflow-store.ts';

/** How a run ends. */
export interface RunEnding {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  readonly error?: RunError | undefined;
}

const outputAt = async (services: Services, run: Run): Promise<Json> => {
  const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
  // As the definition says, or what its mode gives.
  const template = definition.output ?? rulesOf(definition).output;
  return fitPayload(services, run.tenant, 'output', await runOutput(services, run, template));
};

/** A run whose output can never be put together (too large, or expired) has failed, for that reason. */
const settle = async (
  services: Services,
  run: Run,
  end: RunEnding,
): Promise<RunEnding & { readonly output?: Json }> => {
  if (end.status !== 'SUCCEEDED') return end;
  try {
    return { ...end, output: await outputAt(services, run) };
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    return { status: 'FAILED', error: { code: error.code, message: error.message, retryable: false } };
  }
};

/**
 * Ends a run once, whoever comes first; the winner tells the watchers and the bus, and the stream repeats the latter
 * after a crash. Returns whether this call ended it.
 */
export const endRun = async (services: Services, run: Run, asked: RunEnding): Promise<boolean> => {
  const nowMs = services.clock.now();
  const { output, ...end } = await settle(services, run, asked);
  const written = await services.table.update({
    key: keys.run(run.tenant, run.runId),
    set: [
      ...setAll({
        status: end.status,
        error: end.error,
        output,
        endedAt: nowMs,
        expiresAtEpochSeconds: forgottenAfter(nowMs, services.retention.ended),
      }),
      set('outbox', 'event'),
      plus('rev', 1),
    ],
    remove: [['sweepKey'], ['sweepSort']],
    clauses: { isOpen: oneOf('status', [...liveStatuses, 'CANCELLING']) },
  });
  if (!written.won) return false;
  const ended = Run.parse(written.item);
  const { tenant, runId, workflow, mode, status, createdAt } = ended;
  services.log.info('run ended', { tenant, runId, workflow, mode, status, durationMs: nowMs - createdAt });
  const { error, rev } = ended;
  await Promise.all([
    countRun(services, ended).then((agents) => traceRun(services, ended, agents)),
    tellWatchers(services, tenant, runId, {
      seq: rev,
      type: 'run.completed',
      at: nowMs,
      runId,
      data: { status, ...(error === undefined ? {} : { error: errorAsTold(error) }) },
    }),
  ]);
  return true;
};
