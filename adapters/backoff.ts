import { setTimeout as sleep } from 'node:timers/promises';

/** How an adapter waits before it repeats a call. Tests pass their own. */
export interface Backoff {
  readonly attempts: number;
  /** Waits before the given attempt, counted from 1. */
  readonly wait: (attempt: number) => Promise<void>;
}

const baseMs = 25;
const maximumMs = 400;

/** Exponential with full jitter: callers that failed together do not come back together. */
const waitWithJitter = async (attempt: number): Promise<void> => {
  await sleep(Math.random() * Math.min(maximumMs, baseMs * 2 ** attempt));
};

/** Five attempts take less than a second and a half, so that a handler's own timeout stays out of reach. */
export const defaultBackoff: Backoff = { attempts: 5, wait: waitWithJitter };
