import type { Json } from '../../contract/json.ts';
import { type Entry, entriesOf, textAt } from './entries.ts';

/** From the worst. A severity of another name counts as the last. */
const severities: readonly string[] = ['critical', 'high', 'medium', 'low', 'info'];

const rankOf = (entry: Entry): number => {
  const rank = severities.indexOf(textAt(entry.value, 'severity').toLowerCase());
  return rank === -1 ? severities.length - 1 : rank;
};

const keyOf = ({ value }: Entry): string =>
  JSON.stringify(['file', 'line', 'rule', 'message'].map((field) => textAt(value, field)));

/**
 * Issues found by several: those of one file, line, rule and message are one, with the worst severity that anybody gave
 * it and who found it. The worst first, then those that more found, then by place; counted by severity.
 */
export const aggregateIssues = (parts: readonly { readonly name: string; readonly output: Json }[]): Json => {
  const { entries, unreadable } = entriesOf(parts, 'issues');
  const groups = Map.groupBy(entries, keyOf);
  const issues = [...groups]
    .map(([key, found]) => {
      const worst = found.reduce((kept, entry) => (rankOf(entry) < rankOf(kept) ? entry : kept));
      return { key, worst, rank: rankOf(worst), foundBy: [...new Set(found.map(({ part }) => part))].toSorted() };
    })
    .toSorted((a, b) => a.rank - b.rank || b.foundBy.length - a.foundBy.length || (a.key < b.key ? -1 : 1));
  return {
    issues: issues.map(({ worst, rank, foundBy }) => ({
      ...worst.value,
      severity: severities[rank] ?? 'info',
      foundBy,
    })),
    bySeverity: Object.fromEntries(
      severities.map((severity, rank) => [severity, issues.filter((issue) => issue.rank === rank).length]),
    ),
    total: issues.length,
    duplicates: entries.length - issues.length,
    unreadable,
  };
};
