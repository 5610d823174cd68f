import { absent, equal, plus, set } from '../table/conditions.ts';
import type { Change, Clauses, Path } from '../table/table.ts';
import type { Slots } from './agent.ts';

/** Failures in a row that open an agent's circuit breaker, and how long it stays open before one probe is let through. */
export const breakerRule = { failures: 5, openMs: 60_000 } as const;

/** `closed` takes work, `open` takes none, `half_open` takes one task to see whether the agent has recovered. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** The breaker's state at a time. */
export const breakerState = ({ breakerUntil }: Pick<Slots, 'breakerUntil'>, nowMs: number): BreakerState => {
  if (breakerUntil === undefined) return 'closed';
  return breakerUntil > nowMs ? 'open' : 'half_open';
};

/** Whether one more failure opens the breaker, or opens it again. */
export const opensBreaker = (before: Pick<Slots, 'failuresInRow'>, succeeded: boolean): boolean =>
  !succeeded && (before.failuresInRow ?? 0) + 1 >= breakerRule.failures;

/** What an outcome changes of the breaker, in the write that frees the slot: a success closes it, failures in a row open it. */
export const breakerChanges = (
  before: Pick<Slots, 'failuresInRow' | 'breakerUntil'>,
  succeeded: boolean,
  nowMs: number,
): { readonly set: readonly Change[]; readonly remove: readonly Path[] } => {
  if (succeeded)
    return {
      set: [],
      remove:
        before.failuresInRow === undefined && before.breakerUntil === undefined
          ? []
          : [['failuresInRow'], ['breakerUntil']],
    };
  const opened = opensBreaker(before, succeeded) ? [set('breakerUntil', nowMs + breakerRule.openMs)] : [];
  return { set: [plus('failuresInRow', 1, 0), ...opened], remove: [] };
};

/**
 * A claim's part in it: only on a breaker as it was read, and a probe of a half-open one shuts the door behind itself, so
 * that exactly one goes through.
 */
export const breakerClaim = (
  slots: Slots,
  nowMs: number,
): { readonly set: readonly Change[]; readonly clauses: Clauses } =>
  slots.breakerUntil === undefined
    ? { set: [], clauses: { sameBreaker: absent('breakerUntil') } }
    : {
        set: [set('breakerUntil', nowMs + breakerRule.openMs)],
        clauses: { sameBreaker: equal('breakerUntil', slots.breakerUntil) },
      };
