import type { WaitOptions } from './call-options.ts';
import { MusterError, toError } from './errors.ts';
import type { Timers } from './timers.ts';

/**
 * Runs something with a signal that also ends when it is done, so that nothing of it is left behind.
 * @throws {@link MusterError} WAIT_TIMEOUT when it takes longer than it may.
 */
export const within = async <Result>(
  timers: Timers,
  { signal, timeoutMs }: WaitOptions,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const inner = new AbortController();
  const abort = (): void => inner.abort(toError(signal?.reason));
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const late = new MusterError(`Not ended within ${timeoutMs ?? 0} ms`, { code: 'WAIT_TIMEOUT', retryable: true });
  const callOff = timeoutMs === undefined ? undefined : timers.after(timeoutMs, () => inner.abort(late));
  try {
    return await run(inner.signal);
  } finally {
    callOff?.();
    signal?.removeEventListener('abort', abort);
    inner.abort(new MusterError('No longer waited for', { code: 'STOPPED' }));
  }
};
