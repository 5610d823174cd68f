/** Bounds of a growing wait. */
export interface Backoff {
  /** Longest wait before the first retry; doubles with each. */
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Full-jitter exponential backoff: anything from 0 to the bound of this retry (counted from 0), so that many clients
 * that lost one server do not come back in step.
 */
export const backoffMs = (retry: number, { baseMs, capMs }: Backoff, random: () => number): number =>
  random() * Math.min(capMs, baseMs * 2 ** Math.min(retry, 30));
