import { parseSchedule } from '#schedule-expression/parse-schedule.ts';
import { ScheduleSyntaxError } from '#schedule-expression/schedule-syntax-error.ts';
import type { TriggerSchedule } from '../contract/trigger.ts';
import { InvalidFieldError } from '../errors/errors.ts';

const clockOf = (timeZone: string): Intl.DateTimeFormat =>
  // The one locale that writes a time as ISO 8601 does, but for a space: such times compare as texts.
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });

/** The database has names; an offset, which `Intl` takes as well, has no daylight saving and the scheduler refuses it. */
const isZone = (timeZone: string): boolean => {
  if (!/^[A-Za-z]/.test(timeZone)) return false;
  try {
    clockOf(timeZone);
    return true;
  } catch {
    return false;
  }
};

/**
 * Checks a schedule as EventBridge Scheduler would.
 * @throws InvalidFieldError for an expression or a time zone that is none, with the reason.
 */
export const checkSchedule = ({ expression, timeZone }: TriggerSchedule): void => {
  try {
    parseSchedule(expression, 'scheduler');
  } catch (error) {
    if (!(error instanceof ScheduleSyntaxError)) throw error;
    throw new InvalidFieldError('schedule.expression', `"${expression}" is no schedule: ${error.message}.`);
  }
  if (!isZone(timeZone))
    throw new InvalidFieldError(
      'schedule.timeZone',
      `"${timeZone}" is no time zone of the IANA database, such as Europe/Berlin or UTC.`,
    );
};

/** Whether the only time of an `at(…)` has come; a schedule of another form has no last time that matters. */
export const hasEnded = ({ expression, timeZone }: TriggerSchedule, nowMs: number): boolean => {
  const [, at] = /^at\((.+)\)$/.exec(expression) ?? [];
  if (at === undefined || !isZone(timeZone)) return false;
  return at <= clockOf(timeZone).format(nowMs).replace(' ', 'T');
};
