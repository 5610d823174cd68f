/**
 * Metrics that the functions write and the alarms of the infrastructure read. They have no dimensions: each combination
 * of values would be a metric of its own, billed by the month. Who and what stands beside them in the same log line.
 */
export const metricNames = {
  /** Results of an attempt that another one has overtaken. */
  staleResults: 'StaleResults',
  /** Frames that the gateway did not take: assignments among them, which the next heartbeat repeats. */
  undeliveredFrames: 'UndeliveredFrames',
  /** Claims that another dispatcher made first. */
  lostClaims: 'LostClaims',
  /** Agents that are given nothing for a while, because they kept failing. */
  breakersOpened: 'BreakersOpened',
  /** What the sweep found broken and mended. */
  sweepRepairs: 'SweepRepairs',
  /** What the sweep found broken and could not mend. */
  sweepFailures: 'SweepFailures',
  /** Agents that the sweep met. */
  liveAgents: 'LiveAgents',
  /** Requests, frames, messages and records that ended in a fault of ours. */
  handlerFailures: 'HandlerFailures',
  runsEnded: 'RunsEnded',
  /** Runs that failed or ran out of time. */
  runsFailed: 'RunsFailed',
  /** Executions that Step Functions ended by a time limit, which is later than any limit of ours. */
  executionsTimedOut: 'ExecutionsTimedOut',
} as const;

/** The name of a metric, as CloudWatch shows it. */
export type MetricName = (typeof metricNames)[keyof typeof metricNames];
