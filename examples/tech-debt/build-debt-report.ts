import type * as z from 'zod';
import { SEVERITIES } from '../code-review/analysers/finding.ts';
import { DebtCategory, type DebtMetrics, DebtReport, type ReportInput } from './debt.ts';
import { prioritise } from './prioritise.ts';

/** Counts the items, orders the proposals, and compares with an earlier scan. */
export function buildDebtReport({ files, items, proposals, previous }: z.output<typeof ReportInput>): DebtReport {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const minutes = items.reduce((sum, item) => sum + item.minutes, 0);
  const metrics: DebtMetrics = {
    files: files.length,
    lines,
    items: items.length,
    minutes,
    minutesPerThousandLines: lines === 0 ? 0 : Math.round((minutes * 10_000) / lines) / 10,
  };
  const ordered = prioritise(items);
  const rankOf = (id: string): number => ordered.findIndex((item) => item.id === id);
  const count = (holds: (item: DebtReport['items'][number]) => boolean): number => items.filter(holds).length;
  const severities = SEVERITIES.map((each) => [each, count(({ severity }) => severity === each)]);
  const categories = DebtCategory.options.map((each) => [each, count(({ category }) => category === each)]);
  return {
    metrics,
    bySeverity: DebtReport.shape.bySeverity.parse(Object.fromEntries(severities)),
    byCategory: DebtReport.shape.byCategory.parse(Object.fromEntries(categories)),
    items: ordered,
    actionPlan: proposals.flat().toSorted((left, right) => rankOf(left.item) - rankOf(right.item)),
    ...(previous === undefined || previous === null ? {} : { trend: trendOf(metrics, previous) }),
  };
}

function trendOf(now: DebtMetrics, before: DebtMetrics): NonNullable<DebtReport['trend']> {
  return {
    items: now.items - before.items,
    minutes: now.minutes - before.minutes,
    isBetter: now.minutesPerThousandLines < before.minutesPerThousandLines,
  };
}
