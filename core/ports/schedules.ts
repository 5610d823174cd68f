import type { TriggerSchedule } from '../contract/trigger.ts';

/** A schedule of a trigger. Each time it sends the message, with the time and an id of that time, to the triggers queue. */
export interface ScheduleRequest {
  readonly tenant: string;
  readonly trigger: string;
  readonly schedule: TriggerSchedule;
  readonly enabled: boolean;
}

/** Times at which triggers fire. */
export interface Schedules {
  /** Makes a trigger's schedule, or changes it. @throws InvalidFieldError for an expression or time zone that is none. */
  put(request: ScheduleRequest): Promise<void>;
  /** Removes a trigger's schedule; one that is not there is no error. */
  remove(tenant: string, trigger: string): Promise<void>;
}
