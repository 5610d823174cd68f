import type { Finding } from '../finding.ts';
import { SEVERITIES } from '../finding.ts';
import { ruleFacts } from './rule-catalogue.ts';

/**
 * One list out of many: exact repetitions and findings of one topic on one line become one (the graver, then the surer),
 * ordered by severity, confidence of the rule, file and line. The order of the input does not matter.
 */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const kept = new Map<string, Finding>();
  for (const finding of findings.toSorted(byRank)) {
    const key = JSON.stringify([finding.file, finding.line, ruleFacts(finding.rule).topic, secretOf(finding)]);
    if (!kept.has(key)) kept.set(key, finding);
  }
  return [...kept.values()];
}

/** Two functions or two exports may share a line and are two findings; two names for one secret are one. */
function secretOf(finding: Finding): string {
  const { topic } = ruleFacts(finding.rule);
  if (topic === 'secret') return finding.evidence ?? '';
  return topic === 'complexity' || topic === 'tests' ? finding.message : '';
}

/** Gravest first; total, so that sorting is the same for every input order. */
function byRank(left: Finding, right: Finding): number {
  return (
    SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) ||
    ruleFacts(right.rule).confidence - ruleFacts(left.rule).confidence ||
    compare(left.file, right.file) ||
    left.line - right.line ||
    compare(left.rule, right.rule) ||
    compare(left.message, right.message) ||
    compare(left.agent, right.agent)
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
