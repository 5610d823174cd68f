import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { nextOccurrence } from '../../../../local/scheduler/next-occurrence.ts';
import { parseScheduleExpression } from '../../../../local/scheduler/schedule-expression.ts';
import { createTimeZone } from '../../../../local/scheduler/time-zone.ts';
import { comparePage } from './conformance-page.ts';

const Occurrences = z.array(
  z.strictObject({
    rule: z.string(),
    link: z.url(),
    expression: z.string(),
    after: z.string(),
    /** The times that follow, in order; fewer than asked for ends the schedule only when the list is empty. */
    next: z.array(z.string()),
    zone: z.string().optional(),
  }),
);
const Refusals = z.array(
  z.strictObject({
    rule: z.string(),
    expression: z.string(),
    dialect: z.enum(['scheduler', 'rule']),
    reason: z.string(),
  }),
);

/** The tables of the folder's page. */
function renderTables(): string {
  const occurrences = Occurrences.parse(load('occurrences.json')).map((row) => {
    const next = row.next.length === 0 ? 'never' : row.next.join(' · ');
    return `| ${row.rule} | \`${row.expression}\` | ${row.zone ?? 'UTC'} | ${row.after} | ${next} |`;
  });
  const refused = Refusals.parse(load('refused.json')).map((row) => {
    return `| ${row.rule} | \`${row.expression}\` | ${row.dialect} | ${row.reason} |`;
  });
  return [
    '# Schedule expressions: rules with input and answer',
    '',
    'Written from `test/unit/local/scheduler/conformance/` by its test with `WRITE_PAGES=1`; change the rows there.',
    '',
    'Rules: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>. Rates count from "After".',
    '',
    '| Rule | Expression | Zone | After | Runs at |',
    '| --- | --- | --- | --- | --- |',
    ...occurrences,
    '',
    'Refused with `ValidationException`:',
    '',
    '| What | Expression | Dialect | Reason contains |',
    '| --- | --- | --- | --- |',
    ...refused,
    '',
  ].join('\n');
}

const load = (file: string): unknown => {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'conformance', file), 'utf8'));
};

describe('nextOccurrence', () => {
  it.each(Occurrences.parse(load('occurrences.json')))('$rule: $expression', (row) => {
    const schedule = parseScheduleExpression(row.expression, 'scheduler');
    const zone = createTimeZone(row.zone ?? 'UTC');
    const anchorMs = Date.parse(row.after);
    const found: string[] = [];
    let afterMs: number | undefined = anchorMs;
    for (let count = 0; count < Math.max(1, row.next.length) && afterMs !== undefined; count += 1) {
      afterMs = nextOccurrence(schedule, { afterMs, anchorMs, zone });
      if (afterMs !== undefined) found.push(new Date(afterMs).toISOString().replace('.000Z', 'Z'));
    }
    expect(found).toEqual(row.next);
  });

  it('counts a rate from a start in the future', () => {
    const schedule = parseScheduleExpression('rate(1 hour)', 'scheduler');
    const anchorMs = Date.parse('2026-06-01T00:30:00Z');
    const afterMs = Date.parse('2026-01-01T00:00:00Z');
    expect(nextOccurrence(schedule, { afterMs, anchorMs })).toBe(anchorMs);
  });
});

describe('parseScheduleExpression', () => {
  it.each(Refusals.parse(load('refused.json')))('refuses $rule: $expression', ({ expression, dialect, reason }) => {
    expect(() => parseScheduleExpression(expression, dialect)).toThrow(
      expect.objectContaining({ code: 'ValidationException', message: expect.stringContaining(reason) }),
    );
  });

  it('names the expression as Scheduler does, and the parameter as rules do', () => {
    expect(() => parseScheduleExpression('rate(x)', 'scheduler')).toThrow('Invalid Schedule Expression rate(x).');
    expect(() => parseScheduleExpression('rate(x)', 'rule')).toThrow('Parameter ScheduleExpression is not valid.');
  });
});

describe('the page of schedule expressions', () => {
  it('shows the rows that are tested', () => {
    const page = join(import.meta.dirname, '../../../../local/scheduler/conformance.md');
    const { actual, expected } = comparePage(page, renderTables());
    expect(actual).toBe(expected);
  });
});

describe('createTimeZone', () => {
  it('refuses a name that is no time zone', () => {
    expect(() => createTimeZone('Mars/Olympus')).toThrow('ScheduleExpressionTimezone is invalid: Mars/Olympus');
  });
});
