import type { AgentView } from '../contract/agent.ts';
import type { Slots } from './agent.ts';
import { historyOf } from './history.ts';
import { loadOf } from './slots.ts';

/** Work that takes longer than expected is not done: at least this share of the expectation is left of it. */
const overdueShare = 0.1;

/** What is left of work that began at a time and is expected to take so long. */
export const remainingOf = (expectedMs: number, startedAt: number, nowMs: number): number =>
  Math.max(expectedMs * overdueShare, expectedMs - (nowMs - startedAt));

type Workload = Pick<AgentView, 'load' | 'remainingMs' | 'estimatedCompletionAt'>;

/**
 * What an agent carries, and how long that will take by what was observed of it: summed, and the end of what ends last,
 * as it works on all at once. Both unknown while it was never measured at the type of one of its tasks.
 */
export const workloadOf = (slots: Slots, nowMs: number): Workload => {
  const load = loadOf(slots);
  const left = Object.values(slots.assigned)
    .filter(({ cost }) => cost > 0)
    .map(({ type, at }) => {
      const expected = historyOf(slots, type).durationMs;
      return expected === undefined ? undefined : Math.round(remainingOf(expected, at, nowMs));
    });
  const known = left.filter((ms) => ms !== undefined);
  if (known.length < left.length) return { load };
  if (known.length === 0) return { load, remainingMs: 0 };
  return {
    load,
    remainingMs: known.reduce((sum, ms) => sum + ms, 0),
    estimatedCompletionAt: nowMs + Math.max(...known),
  };
};
