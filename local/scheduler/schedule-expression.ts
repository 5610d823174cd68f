import { parseSchedule, type ScheduleDialect, type ScheduleExpression } from '#schedule-expression/parse-schedule.ts';
import { ScheduleSyntaxError } from '#schedule-expression/schedule-syntax-error.ts';
import { AwsError } from '../contract.ts';

function refuse(expression: string, dialect: ScheduleDialect, reason: string): never {
  const sentence =
    dialect === 'rule' ? 'Parameter ScheduleExpression is not valid.' : `Invalid Schedule Expression ${expression}.`;
  throw new AwsError('ValidationException', `${sentence} Reason: ${reason}.`);
}

/**
 * Parses `rate(…)`, `cron(…)` or `at(…)`.
 * @throws AwsError `ValidationException` with the reason
 */
export function parseScheduleExpression(expression: string, dialect: ScheduleDialect): ScheduleExpression {
  try {
    return parseSchedule(expression, dialect);
  } catch (error) {
    if (error instanceof ScheduleSyntaxError) refuse(expression, dialect, error.message);
    throw error;
  }
}
