import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { agentFiles, type ExampleSurroundings, runWorkflow } from '../shared/example.ts';
import { collectSources } from './analysers/collect-sources.ts';
import { buildReport, ReviewReport } from './analysers/report/build-report.ts';
import { codeReviewWorkflow, reviewConsensusWorkflow } from './workflow.ts';

/** Input of the workflow. */
export interface ReviewPlan {
  /** Absolute; the agents read the files from there. */
  readonly root: string;
  readonly batches: string[][];
  readonly files: string[];
  readonly skipped: { path: string; reason: string }[];
  readonly notAnalysed: { path: string; language: string }[];
}

/** The agents: one file and one process each. */
export const reviewAgents = agentFiles(import.meta.url, [
  'syntax',
  'style',
  'complexity',
  'tests',
  'security',
  'recommender',
  'reporter',
]);

/** A review to do. */
export interface CodeReview extends Omit<ExampleSurroundings, 'decide'> {
  readonly directory: string;
  /** Files of one task. @default 25, more when that made over a dozen batches */
  readonly batchSize?: number;
}

const defaultBatchSize = 25;
/** A task costs about as much as a hundred small files: a dozen keep several agents of a kind busy to the end. */
const defaultBatches = 12;
/** A step fans out to at most a thousand tasks; well below it there is nothing to gain from more. */
const maxBatches = 200;

/** What there is to review in a directory, in batches: the same for the same files. */
export async function planReview(
  directory: string,
  options: { readonly batchSize?: number } = {},
): Promise<ReviewPlan> {
  const { files, skipped, notAnalysed, root } = await collectFrom(directory);
  const wanted = options.batchSize ?? Math.max(defaultBatchSize, Math.ceil(files.length / defaultBatches));
  const size = Math.max(wanted, Math.ceil(files.length / maxBatches), 1);
  const batches: string[][] = [];
  for (let from = 0; from < files.length; from += size) batches.push(files.slice(from, from + size));
  return { root, batches, files, skipped, notAnalysed };
}

/** How many tasks a review of a plan has. */
export function countTasks(plan: ReviewPlan): number {
  const batched = ['syntax', 'style', 'complexity', 'security'].length;
  const single = ['tests', 'recommend', 'consensus', 'report'].length;
  return batched * plan.batches.length + single;
}

/**
 * Reviews a directory on the platform: stores the workflow, runs it, follows it to its end.
 * @throws RunFailedError when the run does not succeed.
 */
export async function runCodeReview({ directory, batchSize, ...surroundings }: CodeReview): Promise<ReviewReport> {
  const plan = await planReview(directory, batchSize === undefined ? {} : { batchSize });
  if (plan.files.length === 0) return buildReport({ findings: [], recommendations: [], ...plan });
  surroundings.onEvent?.({
    kind: 'planned',
    title: `Reviewing ${plan.files.length} files of ${plan.root}`,
    tasks: countTasks(plan),
  });
  const run = await runWorkflow([reviewConsensusWorkflow, codeReviewWorkflow], { ...plan }, surroundings);
  return ReviewReport.parse(run.output);
}

async function collectFrom(directory: string): Promise<Omit<ReviewPlan, 'batches'>> {
  const root = await realpath(resolve(directory));
  const { files, skipped, notAnalysed } = await collectSources(root);
  return {
    root,
    files: files.map(({ path }) => path),
    skipped: skipped.map(({ path, reason }) => ({ path, reason })),
    notAnalysed: notAnalysed.map(({ path, language }) => ({ path, language })),
  };
}
