import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { Scheduler, SchedulerOptions } from './create-scheduler.ts';
import { Invoker } from './invoker.ts';
import { nextOccurrence } from './next-occurrence.ts';
import { type NewSchedule, parseSchedule, type Schedule } from './schedule.ts';
import { ScheduleStore } from './schedule-store.ts';
import { type ScheduleTimer, startScheduleTimer } from './schedule-timer.ts';

const ScheduleName = z.looseObject({ Name: z.string(), GroupName: z.string().default('default') });
const ListInput = z.looseObject({
  GroupName: z.string().optional(),
  NamePrefix: z.string().default(''),
  State: z.string().optional(),
});

function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
  return parsed.data;
}

/** The API's spelling: every key with a capital. */
function capitalizeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalizeKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [
    key.charAt(0).toUpperCase() + key.slice(1),
    capitalizeKeys(part),
  ]);
  return Object.fromEntries(entries);
}

function describeSchedule(schedule: Schedule): Record<string, unknown> {
  const { name, groupName, arn, scheduleExpression, state, flexibleTimeWindow, target, zone, startMs, endMs } =
    schedule;
  const definition = { name, groupName, arn, scheduleExpression, state, flexibleTimeWindow, target };
  return {
    ...z.looseObject({}).parse(capitalizeKeys(definition)),
    ScheduleExpressionTimezone: zone.name,
    ...(startMs === undefined ? {} : { StartDate: startMs / 1000 }),
    ...(endMs === undefined ? {} : { EndDate: endMs / 1000 }),
  };
}

/** Schedules, their timers and their runs behind the Scheduler API. */
export class SchedulerService implements Scheduler {
  private readonly options: SchedulerOptions;
  private readonly store: ScheduleStore;
  private readonly invoker: Invoker;
  private readonly schedules = new Map<string, Schedule>();
  private readonly timers = new Map<string, ScheduleTimer>();

  constructor(options: SchedulerOptions) {
    this.options = options;
    this.store = new ScheduleStore(options.databasePath ?? ':memory:');
    this.invoker = new Invoker({ ...options, store: this.store });
  }

  addSchedule(newSchedule: NewSchedule): void {
    const schedule = parseSchedule(newSchedule);
    this.timers.get(schedule.arn)?.stop();
    this.timers.delete(schedule.arn);
    this.schedules.set(schedule.arn, schedule);
    for (const invocation of this.store.listInvocations(schedule.arn)) this.invoker.enqueue(invocation);
    if (schedule.state === 'ENABLED') this.start(schedule);
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    switch (operation) {
      case 'GetSchedule':
        return describeSchedule(this.requireSchedule(input));
      case 'ListSchedules':
        return this.listSchedules(input);
      case 'DeleteSchedule':
        return this.deleteSchedule(input);
      default:
        throw new AwsError('UnknownOperationException', `The local scheduler does not support ${operation}.`);
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.timers.values()) timer.stop();
    this.timers.clear();
    await this.invoker.stop();
    this.store.close();
  }

  private start(schedule: Schedule): void {
    const { clock } = this.options;
    const nowMs = clock.now();
    const definition = [schedule.scheduleExpression, schedule.zone.name, schedule.startMs ?? ''].join('|');
    const progress = this.store.openProgress(schedule.arn, definition, nowMs);
    const anchorMs = schedule.startMs ?? progress.anchorMs;
    const next = (afterMs: number): number | undefined => {
      const { expression, zone, startMs, endMs } = schedule;
      // Strictly after: one millisecond earlier admits the start itself.
      const fromMs = Math.max(afterMs, (startMs ?? Number.NEGATIVE_INFINITY) - 1);
      const occurrenceMs = nextOccurrence(expression, { afterMs: fromMs, anchorMs, zone });
      return occurrenceMs === undefined || (endMs !== undefined && occurrenceMs > endMs) ? undefined : occurrenceMs;
    };
    const startAfterMs = this.startAfter(schedule, progress, nowMs);
    const fire = (scheduledMs: number): void => this.fire(schedule, scheduledMs);
    this.timers.set(schedule.arn, startScheduleTimer({ clock, next, fire, startAfterMs }));
  }

  /**
   * From when on occurrences count. A new rate without a start date runs at once, as on AWS. Runs that fell into the
   * platform's downtime are not made up for, except the only one of a one-time schedule.
   */
  private startAfter(
    schedule: Schedule,
    progress: { readonly anchorMs: number; readonly firedUpToMs: number | undefined; readonly isNew: boolean },
    nowMs: number,
  ): number {
    if (schedule.expression.type === 'rate' && progress.isNew && schedule.startMs === undefined) return nowMs - 1;
    if (schedule.expression.type === 'at') return progress.firedUpToMs ?? progress.anchorMs;
    return nowMs;
  }

  private fire(schedule: Schedule, scheduledMs: number): void {
    const { clock, random = Math.random } = this.options;
    const invocation = {
      id: randomUUID(),
      scheduleArn: schedule.arn,
      target: schedule.target,
      scheduledMs,
      createdMs: clock.now(),
      attempts: 0,
      dueAtMs: clock.now() + Math.floor(random() * schedule.windowMs),
    };
    this.store.addInvocation(invocation);
    this.invoker.enqueue(invocation);
  }

  private requireSchedule(input: Record<string, unknown>): Schedule {
    const { Name, GroupName } = parseInput(ScheduleName, input);
    const found = [...this.schedules.values()].find((one) => one.name === Name && one.groupName === GroupName);
    if (found === undefined) {
      throw new AwsError('ResourceNotFoundException', `Schedule ${Name} does not exist.`, 404);
    }
    return found;
  }

  private listSchedules(input: Record<string, unknown>): Record<string, unknown> {
    const { GroupName, NamePrefix, State } = parseInput(ListInput, input);
    const chosen = [...this.schedules.values()].filter((schedule) => {
      const isInGroup = GroupName === undefined || schedule.groupName === GroupName;
      return isInGroup && schedule.name.startsWith(NamePrefix) && (State === undefined || schedule.state === State);
    });
    const summaries = chosen.map(({ name, groupName, arn, state, target }) => {
      return { Name: name, GroupName: groupName, Arn: arn, State: state, Target: { Arn: target.arn } };
    });
    return { Schedules: summaries };
  }

  private deleteSchedule(input: Record<string, unknown>): Record<string, unknown> {
    const { arn } = this.requireSchedule(input);
    this.timers.get(arn)?.stop();
    this.timers.delete(arn);
    this.schedules.delete(arn);
    this.store.forget(arn);
    return {};
  }
}
