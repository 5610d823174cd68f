import type { DebtReport } from './debt.ts';

/** A debt report to read. */
export function renderDebt({ metrics, byCategory, actionPlan, trend }: DebtReport): string {
  const categories = Object.entries(byCategory)
    .filter(([, count]) => count > 0)
    .map(([category, count]) => `${count} ${category}`)
    .join(', ');
  const change =
    trend === undefined ? '' : `; ${trend.minutes >= 0 ? '+' : ''}${trend.minutes} min since the last scan`;
  return [
    `${metrics.items} items in ${metrics.files} files and ${metrics.lines} lines${categories === '' ? '' : ` (${categories})`}`,
    `About ${hours(metrics.minutes)}, ${metrics.minutesPerThousandLines} min for each thousand lines${change}`,
    ...actionPlan.flatMap(({ title, item, steps }, index) => [
      '',
      `${index + 1}. ${title}  [${item}]`,
      ...steps.map((step) => `   - ${step}`),
    ]),
  ].join('\n');
}

function hours(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
