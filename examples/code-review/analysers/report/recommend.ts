import * as z from 'zod';
import type { Finding } from '../finding.ts';
import { SEVERITIES, Severity } from '../finding.ts';
import { ruleFacts } from './rule-catalogue.ts';

/** One piece of work that resolves all findings of a rule. */
export const Recommendation = z.strictObject({
  /** From 1, the most urgent. */
  priority: z.int().min(1),
  rule: z.string(),
  severity: Severity,
  title: z.string(),
  advice: z.string(),
  effort: z.enum(['small', 'medium', 'large']),
  effortMinutes: z.int().min(0),
  occurrences: z.int().min(1),
  /** The files with most findings first, at most ten. */
  files: z.array(z.string()),
});
export type Recommendation = z.infer<typeof Recommendation>;

const MAX_FILES = 10;
const SMALL_MINUTES = 60;
const MEDIUM_MINUTES = 480;

/** Groups findings by rule into work items: worst severity first, then what is quickest for what it resolves. */
export function recommend(findings: readonly Finding[]): Recommendation[] {
  const groups = Map.groupBy(findings, (finding) => finding.rule);
  return [...groups]
    .map(([rule, group]) => recommendation(rule, group))
    .toSorted(
      (left, right) =>
        SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) ||
        right.occurrences / (right.effortMinutes + 1) - left.occurrences / (left.effortMinutes + 1) ||
        (left.rule < right.rule ? -1 : 1),
    )
    .map((each, position) => ({ ...each, priority: position + 1 }));
}

function recommendation(rule: string, group: readonly Finding[]): Recommendation {
  const facts = ruleFacts(rule);
  const effortMinutes = facts.minutesEach * group.length;
  const worst = Math.min(...group.map((finding) => SEVERITIES.indexOf(finding.severity)));
  return {
    priority: 1,
    rule,
    severity: SEVERITIES[worst] ?? 'info',
    title: facts.title,
    advice: facts.advice,
    effort: effortOf(effortMinutes),
    effortMinutes,
    occurrences: group.length,
    files: busiestFiles(group),
  };
}

function effortOf(minutes: number): Recommendation['effort'] {
  if (minutes <= SMALL_MINUTES) return 'small';
  return minutes <= MEDIUM_MINUTES ? 'medium' : 'large';
}

function busiestFiles(group: readonly Finding[]): string[] {
  const counts = [...Map.groupBy(group, (finding) => finding.file)].map(([file, found]) => ({
    file,
    count: found.length,
  }));
  const ordered = counts.toSorted((left, right) => right.count - left.count || (left.file < right.file ? -1 : 1));
  return ordered.slice(0, MAX_FILES).map(({ file }) => file);
}
