/** How a part of a swarm's task ended. Times are epoch milliseconds; a part that never began has none. */
export interface FinishedPart {
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'cancelled';
  readonly attempts: number;
  readonly costUsd?: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** What a swarm did. */
export interface SwarmMetrics {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Skipped or cancelled. */
  readonly notRun: number;
  /** Succeeded among all, 0 to 1; what was not run did not succeed. */
  readonly successRate: number;
  readonly failureRate: number;
  /** Attempts beyond the first of each part. */
  readonly retries: number;
  readonly costUsd: number;
  /** From the first begin to the last end. */
  readonly wallMs: number;
  /** All parts' last attempts added up. */
  readonly workMs: number;
  /** How many parts were worked on at once on average. */
  readonly parallelism: number;
}

/** Adds up what the parts of a swarm's task came to. */
export const swarmMetrics = (parts: readonly FinishedPart[]): SwarmMetrics => {
  const count = (...statuses: readonly FinishedPart['status'][]): number =>
    parts.filter(({ status }) => statuses.includes(status)).length;
  const spans = parts.flatMap(({ startedAt, endedAt }) =>
    startedAt === undefined || endedAt === undefined ? [] : [{ startedAt, endedAt }],
  );
  const workMs = spans.reduce((sum, { startedAt, endedAt }) => sum + (endedAt - startedAt), 0);
  const wallMs =
    spans.length === 0
      ? 0
      : Math.max(...spans.map(({ endedAt }) => endedAt)) - Math.min(...spans.map(({ startedAt }) => startedAt));
  const total = parts.length;
  return {
    total,
    succeeded: count('succeeded'),
    failed: count('failed'),
    notRun: count('skipped', 'cancelled'),
    successRate: total === 0 ? 0 : count('succeeded') / total,
    failureRate: total === 0 ? 0 : count('failed') / total,
    retries: parts.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
    costUsd: parts.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0),
    wallMs,
    workMs,
    parallelism: wallMs === 0 ? 0 : workMs / wallMs,
  };
};
