import type { Cli } from './cli.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { CliError } from './failure.ts';

/**
 * Waits for something until Ctrl-C.
 * @throws {@link CliError} interrupted
 */
export const untilInterrupted = async <Result>(
  { surroundings }: Pick<Cli, 'surroundings'>,
  work: (signal: AbortSignal) => Promise<Result>,
  message = 'Interrupted.',
): Promise<Result> => {
  const interruption = new AbortController();
  const stopListening = surroundings.onInterrupt(() => interruption.abort());
  try {
    return await work(interruption.signal);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new CliError(message, { exitCode: exitCodes.interrupted });
  } finally {
    stopListening();
  }
};

/** Said to whoever no longer waits. */
export const workGoesOn = 'Interrupted; the work goes on.';

/** What the shell is answered when work has ended with this status. */
export const exitCodeOf = (status: string): ExitCode => (status === 'SUCCEEDED' ? exitCodes.done : exitCodes.failed);
