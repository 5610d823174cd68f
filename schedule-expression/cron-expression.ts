/**
 * The cron dialect of EventBridge: six fields, `?` in one of the day fields, `L`, `W` and `#`.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */

import { ScheduleSyntaxError } from './schedule-syntax-error.ts';

/** Says which days of a month run. Days of the week count from 1 (Sunday). */
export type DayRule =
  | { readonly type: 'days-of-month'; readonly days: ReadonlySet<number> }
  | { readonly type: 'last-day' }
  | { readonly type: 'last-weekday' }
  | { readonly type: 'nearest-weekday'; readonly day: number }
  | { readonly type: 'days-of-week'; readonly days: ReadonlySet<number> }
  | { readonly type: 'last-day-of-week'; readonly day: number }
  | { readonly type: 'nth-day-of-week'; readonly day: number; readonly nth: number };

/** A parsed cron expression; lists are ascending. */
export interface CronExpression {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly years: readonly number[];
  readonly dayRule: DayRule;
}

interface FieldRange {
  readonly title: string;
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
  readonly allowsSteps: boolean;
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const minuteRange: FieldRange = { title: 'Minutes', first: 0, last: 59, allowsSteps: true };
const hourRange: FieldRange = { title: 'Hours', first: 0, last: 23, allowsSteps: true };
const dayOfMonthRange: FieldRange = { title: 'Day-of-month', first: 1, last: 31, allowsSteps: true };
const monthRange: FieldRange = { title: 'Month', first: 1, last: 12, names: monthNames, allowsSteps: true };
const dayOfWeekRange: FieldRange = { title: 'Day-of-week', first: 1, last: 7, names: dayNames, allowsSteps: false };
const yearRange: FieldRange = { title: 'Year', first: 1970, last: 2199, allowsSteps: true };

function readValue(text: string, range: FieldRange): number {
  const named = range.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return range.first + named;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.first && value <= range.last) return value;
  throw new ScheduleSyntaxError(`${range.title} does not allow "${text}" (${range.first}-${range.last})`);
}

function readSpan(text: string, range: FieldRange): readonly [first: number, last: number] {
  if (text === '*') return [range.first, range.last];
  const [from = '', to, ...rest] = text.split('-');
  if (rest.length > 0) throw new ScheduleSyntaxError(`${range.title} has a malformed range "${text}"`);
  const first = readValue(from, range);
  const last = to === undefined ? first : readValue(to, range);
  if (last < first) throw new ScheduleSyntaxError(`${range.title} has a range that ends before it starts: "${text}"`);
  return [first, last];
}

function readStep(text: string | undefined, range: FieldRange): number {
  if (text === undefined) return 1;
  if (!range.allowsSteps) throw new ScheduleSyntaxError(`${range.title} does not allow /`);
  if (!/^\d+$/.test(text) || Number(text) === 0)
    throw new ScheduleSyntaxError(`${range.title} has a malformed step "${text}"`);
  return Number(text);
}

function readPart(part: string, range: FieldRange): readonly number[] {
  const [span = '', stepText, ...rest] = part.split('/');
  if (rest.length > 0) throw new ScheduleSyntaxError(`${range.title} has a malformed step "${part}"`);
  const step = readStep(stepText, range);
  const [first, spanLast] = readSpan(span, range);
  // A step without a range runs to the end of the field: 5/15 is 5, 20, 35, 50.
  const last = stepText !== undefined && !span.includes('-') ? range.last : spanLast;
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value);
  return values;
}

function readList(text: string, range: FieldRange): readonly number[] {
  const values = text.split(',').flatMap((part) => readPart(part, range));
  return [...new Set(values)].toSorted((left, right) => left - right);
}

function readDayOfMonth(text: string): DayRule {
  const upper = text.toUpperCase();
  if (upper === 'L') return { type: 'last-day' };
  if (upper === 'LW' || upper === 'WL') return { type: 'last-weekday' };
  if (upper.endsWith('W')) {
    return { type: 'nearest-weekday', day: readValue(upper.slice(0, -1), dayOfMonthRange) };
  }
  return { type: 'days-of-month', days: new Set(readList(text, dayOfMonthRange)) };
}

function readDayOfWeek(text: string): DayRule {
  const upper = text.toUpperCase();
  if (upper === 'L') return { type: 'days-of-week', days: new Set([7]) };
  if (upper.endsWith('L')) return { type: 'last-day-of-week', day: readValue(upper.slice(0, -1), dayOfWeekRange) };
  const [dayText = '', nthText, ...rest] = upper.split('#');
  if (nthText === undefined) return { type: 'days-of-week', days: new Set(readList(text, dayOfWeekRange)) };
  if (rest.length > 0 || !/^[1-5]$/.test(nthText)) {
    throw new ScheduleSyntaxError(`Day-of-week allows one day#number with a number of 1-5, not "${text}"`);
  }
  return { type: 'nth-day-of-week', day: readValue(dayText, dayOfWeekRange), nth: Number(nthText) };
}

function readDayRule(dayOfMonth: string, dayOfWeek: string): DayRule {
  if (dayOfMonth === '?' && dayOfWeek === '?') {
    throw new ScheduleSyntaxError('Day-of-month and Day-of-week cannot both be ?');
  }
  if (dayOfMonth === '?') return readDayOfWeek(dayOfWeek);
  if (dayOfWeek === '?') return readDayOfMonth(dayOfMonth);
  throw new ScheduleSyntaxError('one of Day-of-month and Day-of-week must be ?');
}

/**
 * Parses the text between `cron(` and `)`.
 * @throws {@link ScheduleSyntaxError} naming the field
 */
export function parseCron(text: string): CronExpression {
  const fields = text.trim().split(/\s+/);
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6) throw new ScheduleSyntaxError(`six fields are required, not ${fields.length}`);
  return {
    minutes: readList(minutes, minuteRange),
    hours: readList(hours, hourRange),
    months: new Set(readList(month, monthRange)),
    years: readList(year, yearRange),
    dayRule: readDayRule(dayOfMonth, dayOfWeek),
  };
}
