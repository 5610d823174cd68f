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
  /** Whether the scheduler may act as this role for a schedule group. @default always */
  readonly mayAssume?: (roleArn: string, groupArn: string) => boolean;
  /** Receives a line about each run that could not be delivered. @default console.error */
  readonly log?: (line: string) => void;
}

export interface Scheduler extends Running, JsonService {
  /** Adds a schedule group; `default` exists. */
  addGroup(name: string): void;
  /**
   * Adds a schedule of the template and takes up what a former process left of it. What the API made of it holds as
   * long as the template says the same of it as before.
   */
  addSchedule(schedule: NewSchedule): void;
  /** Takes up the schedules created at run time, and drops those that the template no longer has. Call it last. */
  restore(): void;
}

/** Creates EventBridge Scheduler for one account and region. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  return new SchedulerService(options);
}
