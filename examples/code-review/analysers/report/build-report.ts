import * as z from 'zod';
import { Finding, Severity } from '../finding.ts';
import { mergeFindings } from './merge-findings.ts';
import { Recommendation } from './recommend.ts';

const Count = z.int().min(0);

/** What the agents that analysed make of it together. */
export const Consensus = z.object({
  decision: z.enum(['request_changes', 'approve']),
  votes: z.array(
    z.object({
      agent: z.string(),
      decision: z.enum(['request_changes', 'approve']),
      confidence: z.number(),
      reasoning: z.string(),
    }),
  ),
});
export type Consensus = z.infer<typeof Consensus>;

/** The machine-readable result of a review. */
export const ReviewReport = z.strictObject({
  summary: z.strictObject({
    /** Every severity is present, also with 0. */
    bySeverity: z.record(Severity, Count),
    byRule: z.record(z.string(), Count),
    findings: Count,
    files: Count,
    filesWithFindings: Count,
  }),
  findings: z.array(Finding),
  recommendations: z.array(Recommendation),
  /** Left out when there was nothing to review. */
  consensus: Consensus.optional(),
  skipped: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
  notAnalysed: z.array(z.strictObject({ path: z.string(), language: z.string() })),
});
export type ReviewReport = z.infer<typeof ReviewReport>;

/** What a report is made of; `files` is the number of reviewed files or their list. */
export interface ReportParts {
  readonly findings: readonly Finding[];
  readonly recommendations: readonly Recommendation[];
  readonly consensus?: Consensus;
  readonly files: number | readonly unknown[];
  readonly skipped?: readonly { readonly path: string; readonly reason: string }[];
  readonly notAnalysed?: readonly { readonly path: string; readonly language: string }[];
}

/** Merges the findings and counts them. */
export function buildReport(parts: ReportParts): ReviewReport {
  const findings = mergeFindings(parts.findings);
  const bySeverity: ReviewReport['summary']['bySeverity'] = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  const byRule: Record<string, number> = {};
  for (const finding of findings) {
    bySeverity[finding.severity] += 1;
    byRule[finding.rule] = (byRule[finding.rule] ?? 0) + 1;
  }
  return {
    summary: {
      bySeverity,
      byRule,
      findings: findings.length,
      files: typeof parts.files === 'number' ? parts.files : parts.files.length,
      filesWithFindings: new Set(findings.map((finding) => finding.file)).size,
    },
    findings,
    recommendations: [...parts.recommendations],
    ...(parts.consensus === undefined ? {} : { consensus: parts.consensus }),
    skipped: [...(parts.skipped ?? [])],
    notAnalysed: [...(parts.notAnalysed ?? [])],
  };
}
