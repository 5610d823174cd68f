import type { RunId, TenantId } from '../contract/ids.ts';
import type { Services } from '../services.ts';
import { stopRun } from './cancel-run.ts';
import type { RunEnding } from './end-run.ts';
import { isLive, readRun } from './run.ts';

/** An execution that ended other than well, as its status event or a look at it says. */
export interface ExecutionEnd {
  readonly tenant: TenantId;
  readonly runId: RunId;
  readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

const endingOf = ({ status, error, cause }: ExecutionEnd): RunEnding => ({
  status: status === 'TIMED_OUT' ? 'TIMED_OUT' : 'FAILED',
  error: {
    code: error?.slice(0, 128) || `EXECUTION_${status}`,
    message: (cause ?? `The execution ended with ${status}.`).slice(0, 4096),
    retryable: false,
  },
});

/**
 * Closes a run whose execution ended without the engine's doing (aborted from outside, timed out, a state that failed).
 * A run that the engine has ended already stays as it is.
 */
export const executionEnded = async (services: Services, end: ExecutionEnd): Promise<void> => {
  const { tenant, runId, status } = end;
  if (status === 'TIMED_OUT') services.log.warn('execution timed out', { tenant, runId });
  const run = await readRun(services, tenant, runId);
  if (isLive(run) || run.status === 'CANCELLING') await stopRun(services, run, endingOf(end));
};
