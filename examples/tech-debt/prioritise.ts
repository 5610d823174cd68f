import { SEVERITIES } from '../code-review/analysers/finding.ts';
import type { DebtItem } from './debt.ts';

/** Worst first; of equally bad ones what exceeds its limit most, then what is quickest. */
export function prioritise(items: readonly DebtItem[]): DebtItem[] {
  const excess = ({ measure, limit }: DebtItem): number => measure / Math.max(1, limit);
  return items.toSorted(
    (left, right) =>
      SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) ||
      excess(right) - excess(left) ||
      left.minutes - right.minutes ||
      (left.id < right.id ? -1 : 1),
  );
}
