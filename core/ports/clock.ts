/** The time, in epoch milliseconds. Environments' clocks differ; a clock hints, conditions decide. */
export interface Clock {
  now(): number;
}
