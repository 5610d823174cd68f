import { type CronExpression, parseCron } from './cron-expression.ts';
import { ScheduleSyntaxError } from './schedule-syntax-error.ts';

/** When a schedule runs. A time on the wall clock is written as if it were UTC. */
export type ScheduleExpression =
  | { readonly type: 'rate'; readonly periodMs: number }
  | { readonly type: 'cron'; readonly cron: CronExpression }
  | { readonly type: 'at'; readonly wallClockMs: number };

/** Rules know neither one-time schedules nor a plural for one. */
export type ScheduleDialect = 'scheduler' | 'rule';

const unitMs = new Map([
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
]);

function parseRate(body: string, dialect: ScheduleDialect): ScheduleExpression | string {
  const [, valueText = '', unit = ''] = /^(\d+) (\w+)$/.exec(body.trim()) ?? [];
  const value = Number(valueText);
  const singular = unit.replace(/s$/, '');
  const periodMs = unitMs.get(singular);
  if (periodMs === undefined || value === 0) return 'a rate is a positive number and minute(s), hour(s) or day(s)';
  if (dialect === 'rule' && (value === 1) !== (unit === singular))
    return 'one takes a singular unit, more a plural one';
  return { type: 'rate', periodMs: value * periodMs };
}

function parseAt(body: string): ScheduleExpression | string {
  const isWellFormed = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(body);
  const wallClockMs = isWellFormed ? Date.parse(`${body}Z`) : Number.NaN;
  // Date.parse takes 31 February as 3 March.
  if (Number.isNaN(wallClockMs) || !new Date(wallClockMs).toISOString().startsWith(body)) {
    return 'a one-time schedule is at(yyyy-mm-ddThh:mm:ss)';
  }
  return { type: 'at', wallClockMs };
}

/**
 * Parses `rate(…)`, `cron(…)` or `at(…)`.
 * @throws {@link ScheduleSyntaxError} with the reason
 */
export function parseSchedule(expression: string, dialect: ScheduleDialect): ScheduleExpression {
  const [, kind, body = ''] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === undefined || (kind === 'at' && dialect === 'rule')) {
    throw new ScheduleSyntaxError(`it is not ${dialect === 'rule' ? 'rate() or cron()' : 'rate(), cron() or at()'}`);
  }
  if (kind === 'cron') return { type: 'cron', cron: parseCron(body) };
  const parsed = kind === 'rate' ? parseRate(body, dialect) : parseAt(body);
  if (typeof parsed === 'string') throw new ScheduleSyntaxError(parsed);
  return parsed;
}
