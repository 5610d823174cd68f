import { setImmediate } from 'node:timers/promises';
import type { TaskContext, TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import type { Analyser, Finding } from './analysers/finding.ts';
import { buildReport, type ReviewReport } from './analysers/report/build-report.ts';
import { mergeFindings } from './analysers/report/merge-findings.ts';
import { recommend } from './analysers/report/recommend.ts';
import { readSources } from './read-sources.ts';
import type { AnalysisOutput } from './tasks.ts';
import { AnalysisInput, outputsOf, RecommendInput, type RecommendOutput, ReportInput } from './tasks.ts';
import { countFindings } from './vote.ts';

/** Watchers need no more than this; each report is a frame. */
const progressMs = 1000;

/** Handles tasks by an analyser that looks at each file alone: between files it reports and can be cancelled. */
export function analyseEach(analyser: Analyser): TaskHandler {
  return async (task, context): Promise<AnalysisOutput> => {
    context.progress(0);
    const { root, files: paths } = parseInput(AnalysisInput, task.input);
    const { files, skipped } = await readSources(root, paths, context.signal);
    const findings: Finding[] = [];
    const report = createReporter(context, files.length);
    for (const [index, file] of files.entries()) {
      findings.push(...analyser([file]));
      report(index + 1);
      await setImmediate();
      context.signal.throwIfAborted();
    }
    return { findings, analysed: files.length, skipped };
  };
}

/** Handles tasks by an analyser that has to see all files at once. */
export function analyseTogether(analyser: Analyser): TaskHandler {
  return async (task, context): Promise<AnalysisOutput> => {
    context.progress(0);
    const { root, files: paths } = parseInput(AnalysisInput, task.input);
    const { files, skipped } = await readSources(root, paths, context.signal);
    return { findings: analyser(files), analysed: files.length, skipped };
  };
}

/** Turns all findings into work items. */
export const recommendWork: TaskHandler = (task) => {
  const { analyses, files } = parseInput(RecommendInput, task.input);
  const findings = mergeFindings(outputsOf(analyses).flatMap((output) => output.findings));
  return {
    recommendations: recommend(findings),
    counts: countFindings(findings, files.length),
  } satisfies RecommendOutput;
};

/** Puts the review together. */
export const writeReport: TaskHandler = (task): ReviewReport => {
  const { analyses, recommendations, consensus, files, skipped, notAnalysed } = parseInput(ReportInput, task.input);
  const outputs = outputsOf(analyses);
  const reasons = new Map(
    [...skipped, ...outputs.flatMap((output) => output.skipped)].map((each) => [each.path, each]),
  );
  return buildReport({
    findings: outputs.flatMap((output) => output.findings),
    recommendations,
    ...(consensus === null || consensus === undefined ? {} : { consensus }),
    files,
    skipped: [...reasons.values()].toSorted((left, right) => (left.path < right.path ? -1 : 1)),
    notAnalysed,
  });
};

function createReporter(context: TaskContext, total: number): (done: number) => void {
  let reportedAt = Date.now();
  return (done) => {
    if (Date.now() - reportedAt < progressMs) return;
    reportedAt = Date.now();
    context.progress((100 * done) / total, `${done} of ${total} files`);
  };
}
