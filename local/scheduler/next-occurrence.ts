import type { CronExpression, DayRule } from '#schedule-expression/cron-expression.ts';
import type { ScheduleExpression } from '#schedule-expression/parse-schedule.ts';
import { createTimeZone, type TimeZone } from './time-zone.ts';

const utc = createTimeZone('UTC');

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 1 is Sunday. */
function dayOfWeek(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

function isWeekday(year: number, month: number, day: number): boolean {
  const weekday = dayOfWeek(year, month, day);
  return weekday !== 1 && weekday !== 7;
}

/** The weekday nearest to a day, without leaving the month; undefined when the month does not have the day. */
function nearestWeekday(year: number, month: number, day: number): number | undefined {
  const last = daysInMonth(year, month);
  if (day > last) return undefined;
  const candidates = [day, day - 1, day + 1, day + 2, day - 2];
  return candidates.find((candidate) => candidate >= 1 && candidate <= last && isWeekday(year, month, candidate));
}

function matchesDay(rule: DayRule, year: number, month: number, day: number): boolean {
  const last = daysInMonth(year, month);
  const weekday = dayOfWeek(year, month, day);
  switch (rule.type) {
    case 'days-of-month':
      return rule.days.has(day);
    case 'last-day':
      return day === last;
    case 'last-weekday':
      return day === nearestWeekday(year, month, last);
    case 'nearest-weekday':
      return day === nearestWeekday(year, month, rule.day);
    case 'days-of-week':
      return rule.days.has(weekday);
    case 'last-day-of-week':
      return weekday === rule.day && day + 7 > last;
    default:
      return weekday === rule.day && Math.ceil(day / 7) === rule.nth;
  }
}

/** The wall-clock days on which the expression runs, from the day of `fromMs` on. */
function* matchingDays(cron: CronExpression, fromMs: number): Generator<number> {
  const from = new Date(fromMs);
  const firstDayMs = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate());
  for (const year of cron.years) {
    if (year < from.getUTCFullYear()) continue;
    for (let month = 1; month <= 12; month += 1) {
      if (cron.months.has(month)) yield* matchingDaysOfMonth(cron, year, month, firstDayMs);
    }
  }
}

function* matchingDaysOfMonth(
  cron: CronExpression,
  year: number,
  month: number,
  firstDayMs: number,
): Generator<number> {
  for (let day = 1; day <= daysInMonth(year, month); day += 1) {
    const dayMs = Date.UTC(year, month - 1, day);
    if (dayMs >= firstDayMs && matchesDay(cron.dayRule, year, month, day)) yield dayMs;
  }
}

/**
 * A time that the clocks skip in spring does not run; one that they show twice in autumn runs the first time only.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
function nextCron(cron: CronExpression, afterMs: number, zone: TimeZone): number | undefined {
  const timesOfDay = cron.hours.flatMap((hour) => cron.minutes.map((minute) => hour * 3_600_000 + minute * 60_000));
  for (const dayMs of matchingDays(cron, zone.toWallClock(afterMs))) {
    for (const timeOfDayMs of timesOfDay) {
      const epochMs = zone.toEpoch(dayMs + timeOfDayMs);
      if (epochMs !== undefined && epochMs > afterMs) return epochMs;
    }
  }
  return undefined;
}

/** Where a schedule's occurrences are counted from. */
export interface OccurrenceOptions {
  readonly afterMs: number;
  /** The first moment of a rate: its start date, or when it was created. */
  readonly anchorMs: number;
  /** @default UTC */
  readonly zone?: TimeZone;
}

/** The first time strictly after `afterMs` at which the schedule runs; undefined when there is none. */
export function nextOccurrence(schedule: ScheduleExpression, options: OccurrenceOptions): number | undefined {
  const { afterMs, anchorMs, zone = utc } = options;
  if (schedule.type === 'cron') return nextCron(schedule.cron, afterMs, zone);
  if (schedule.type === 'rate') {
    const periods = Math.floor((afterMs - anchorMs) / schedule.periodMs) + 1;
    return anchorMs + Math.max(0, periods) * schedule.periodMs;
  }
  const epochMs = zone.toEpoch(schedule.wallClockMs);
  return epochMs !== undefined && epochMs > afterMs ? epochMs : undefined;
}
