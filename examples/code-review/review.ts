import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client, RunView } from '#sdk/index.ts';
import type { RunEvent } from '../shared/run-progress.ts';
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
export const reviewAgents = ['syntax', 'style', 'complexity', 'tests', 'security', 'recommender', 'reporter'].map(
  (name) => new URL(`agents/${name}.ts`, import.meta.url),
);

/** A review to do. */
export interface CodeReview {
  readonly client: Client;
  readonly directory: string;
  /** Files of one task. @default 25, more when that made over a dozen batches */
  readonly batchSize?: number;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

/** The run ended without a report. */
export class ReviewFailedError extends Error {
  override readonly name = 'ReviewFailedError';
  readonly runId: string;
  readonly status: string;

  constructor(run: RunView) {
    const failed = run.steps.flatMap(({ step, tasks }) =>
      tasks
        .filter(({ status }) => ['FAILED', 'TIMED_OUT'].includes(status))
        .map((task) => `${step} (${task.taskId}) ${task.status}`),
    );
    const why = run.error === undefined ? '' : `: ${run.error.code}: ${run.error.message}`;
    super(`The review ${run.runId} ended ${run.status}${why}${failed.length > 0 ? `; ${failed.join(', ')}` : ''}`);
    this.runId = run.runId;
    this.status = run.status;
  }
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
 * @throws {@link ReviewFailedError} when the run does not succeed.
 */
export async function runCodeReview({
  client,
  directory,
  batchSize,
  onEvent,
  signal,
}: CodeReview): Promise<ReviewReport> {
  const plan = await planReview(directory, batchSize === undefined ? {} : { batchSize });
  if (plan.files.length === 0) return buildReport({ findings: [], recommendations: [], ...plan });
  onEvent?.({
    kind: 'planned',
    title: `Reviewing ${plan.files.length} files of ${plan.root}`,
    tasks: countTasks(plan),
  });
  const options = signal === undefined ? {} : { signal };
  await client.putWorkflow(reviewConsensusWorkflow, options);
  await client.putWorkflow(codeReviewWorkflow, options);
  const { runId } = await client.startRun({ workflow: codeReviewWorkflow.name, input: { ...plan } }, options);
  for await (const update of client.watchRun(runId, options)) onEvent?.(update);
  const run = await client.getRun(runId, options);
  if (run.status !== 'SUCCEEDED') throw new ReviewFailedError(run);
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
