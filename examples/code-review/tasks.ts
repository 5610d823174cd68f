import * as z from 'zod';
import { Finding } from './analysers/finding.ts';
import { Consensus } from './analysers/report/build-report.ts';
import { Recommendation } from './analysers/report/recommend.ts';
import { ReviewCounts } from './vote.ts';

const Skipped = z.strictObject({ path: z.string(), reason: z.string() });

/** What an analyser is asked: paths relative to the root, with forward slashes. */
export const AnalysisInput = z.strictObject({ root: z.string().min(1), files: z.array(z.string().min(1)) });

/** What an analyser answers; `analysed` is how many files it read. */
export const AnalysisOutput = z.strictObject({
  findings: z.array(Finding),
  analysed: z.int().min(0),
  skipped: z.array(Skipped),
});
export type AnalysisOutput = z.infer<typeof AnalysisOutput>;

/** The outputs of all analysers, those of the batched ones as lists. */
export const Analyses = z.strictObject({
  syntax: z.array(AnalysisOutput),
  style: z.array(AnalysisOutput),
  complexity: z.array(AnalysisOutput),
  tests: AnalysisOutput,
  security: z.array(AnalysisOutput),
});
export type Analyses = z.infer<typeof Analyses>;

export const RecommendInput = z.strictObject({ analyses: Analyses, files: z.array(z.string()) });
/** What to do first, and what the voters are asked about. */
export const RecommendOutput = z.strictObject({ recommendations: z.array(Recommendation), counts: ReviewCounts });
export type RecommendOutput = z.infer<typeof RecommendOutput>;

export const ReportInput = z.strictObject({
  analyses: Analyses,
  recommendations: z.array(Recommendation),
  consensus: Consensus.nullish(),
  files: z.array(z.string()),
  skipped: z.array(Skipped),
  notAnalysed: z.array(z.strictObject({ path: z.string(), language: z.string() })),
});

/** All outputs as one list. */
export function outputsOf({ syntax, style, complexity, tests, security }: Analyses): AnalysisOutput[] {
  return [...syntax, ...style, ...complexity, tests, ...security];
}
