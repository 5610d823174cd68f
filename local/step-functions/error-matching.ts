import type { Retrier } from './definition.ts';
import type { StateFailure } from './state-error.ts';

/** Never matched by a wildcard. @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const terminalErrors = new Set(['States.DataLimitExceeded', 'States.Runtime']);

/** The state type an error left, which decides what `States.BranchFailed` means. */
export type RecoveringType = 'Task' | 'Parallel' | 'Map';

function matchesName(name: string, failure: StateFailure, type: RecoveringType): boolean {
  if (name === failure.error) return true;
  const isTerminal = failure.error !== undefined && terminalErrors.has(failure.error) && failure.fromTask !== true;
  switch (name) {
    case 'States.ALL':
      return !isTerminal;
    case 'States.TaskFailed':
      return !isTerminal && failure.error !== 'States.Timeout' && failure.error !== 'States.HeartbeatTimeout';
    case 'States.HeartbeatTimeout':
      return failure.missedHeartbeat === true;
    case 'States.Timeout':
      return failure.error === 'States.HeartbeatTimeout';
    case 'States.BranchFailed':
      return type === 'Parallel' && !isTerminal;
    default:
      return false;
  }
}

/** Index of the first rule that names the failure, or -1. */
export function findRule(
  rules: readonly { readonly ErrorEquals: readonly string[] }[] | undefined,
  failure: StateFailure,
  type: RecoveringType,
): number {
  return rules?.findIndex((rule) => rule.ErrorEquals.some((name) => matchesName(name, failure, type))) ?? -1;
}

/** Milliseconds before the next attempt, or undefined when the retrier is used up after `attempts` retries. */
export function retryDelayMs(retrier: Retrier, attempts: number, random: () => number): number | undefined {
  if (attempts >= (retrier.MaxAttempts ?? 3)) return undefined;
  const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempts;
  const capped = Math.min(seconds, retrier.MaxDelaySeconds ?? seconds);
  return Math.round(capped * 1000 * (retrier.JitterStrategy === 'FULL' ? random() : 1));
}
