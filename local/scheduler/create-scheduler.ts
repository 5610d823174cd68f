import type { AwsCall, Clock, JsonService, Running } from '../contract.ts';
import type { NewSchedule } from './schedule.ts';
import { SchedulerService } from './scheduler-service.ts';

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly call: AwsCall;
  /** Where schedules' progress and undelivered runs are kept. @default in memory */
  readonly databasePath?: string;
  readonly region: string;
  readonly accountId: string;
  /** A number from 0 up to 1, for flexible time windows. @default Math.random */
  readonly random?: () => number;
  /** Receives a line about each run that could not be delivered. @default console.error */
  readonly log?: (line: string) => void;
}

export interface Scheduler extends Running, JsonService {
  /** Adds or replaces a schedule and takes up what a former process left of it. */
  addSchedule(schedule: NewSchedule): void;
}

/** Creates EventBridge Scheduler for one account and region. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  return new SchedulerService(options);
}
