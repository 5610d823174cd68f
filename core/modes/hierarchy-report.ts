import * as z from 'zod';
import type { HierarchicalWorkflow } from '../contract/definitions/hierarchical.ts';
import { Json } from '../contract/json.ts';
import {
  aggregateProgress,
  type Progress,
  type ProgressNode,
} from '../coordination/hierarchical/aggregate-progress.ts';
import { positions, sharesOf } from './hierarchy-plan.ts';
import { failureOf, lastOutcomes, type PieceOutcome } from './hierarchy-recovery.ts';
import type { ModeContext, RunConclusion } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';

const leafOf = ({ piece, outcome }: PieceOutcome): ProgressNode => {
  const hasFailed = outcome !== undefined && ['FAILED', 'TIMED_OUT', 'CANCELLED', 'SKIPPED'].includes(outcome.status);
  const status = outcome?.status === 'SUCCEEDED' ? 'succeeded' : hasFailed ? 'failed' : 'open';
  return { id: piece.id, effort: piece.effort, share: outcome?.share ?? 0, status };
};

const figures = ({ id, share, total, succeeded, failed }: Progress) => ({ id, share, total, succeeded, failed });

/** How far the work is, each team's and all together: what leaders report to the supervisor, and the run to who watches. */
export const progressOf = async (context: ModeContext, definition: HierarchicalWorkflow): Promise<Json> => {
  const outcomes = await lastOutcomes(context, definition);
  const teams = Map.groupBy(outcomes, ({ piece }) => piece.team.name);
  const progress = aggregateProgress({
    id: 'work',
    children: [...teams].map(([id, own]) => ({ id, children: own.map(leafOf) })),
  });
  return { ...figures(progress), teams: progress.children.map(figures) };
};

/** A piece of work as leaders and the supervisor are told of it. */
export const told = ({ piece, outcome }: PieceOutcome): Record<string, Json> => ({
  item: piece.id,
  ...(piece.subtask === undefined ? {} : { subtask: piece.subtask }),
  ...(piece.step === undefined ? {} : { step: piece.step }),
  status: outcome?.status ?? 'SKIPPED',
  ...(outcome === undefined ? {} : { taskId: outcome.taskId, attempts: outcome.attempts }),
  ...(outcome?.agentName === undefined ? {} : { agent: outcome.agentName }),
  ...(outcome?.status === 'SUCCEEDED' ? { output: outcome.output } : {}),
  ...(outcome?.error === undefined ? {} : { error: { code: outcome.error.code, message: outcome.error.message } }),
});

/** What each team's leader made of its team's work. */
export const reportsOf = async (context: ModeContext, definition: HierarchicalWorkflow): Promise<readonly Json[]> => {
  const outcomes = await readOutcomes(context, positions.aggregate);
  return (await sharesOf(context, definition)).map(({ team }) => ({
    team: team.name,
    leader: team.leader.name,
    report: outcomes.find(({ step }) => step === `aggregate-${team.name}`)?.output ?? null,
  }));
};

const Review = z.looseObject({ approved: z.literal(false), reason: z.string().optional() });

/** What a hierarchy came to: the supervisor's word, each team's, and what became of every piece of work. */
export const concludeHierarchy = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<RunConclusion> => {
  const outcomes = await lastOutcomes(context, definition);
  const [integrated] = await readOutcomes(context, positions.integrate);
  const wasHandled = (await readOutcomes(context, positions.recover)).length > 0;
  const output = integrated?.output ?? null;
  const result = Json.parse({
    output,
    teams: await reportsOf(context, definition),
    items: outcomes.map(told),
    skipped: outcomes.filter(({ outcome }) => outcome?.status !== 'SUCCEEDED').map(({ piece }) => piece.id),
    failureHandled: wasHandled,
    progress: await progressOf(context, definition),
  });
  const refusal = Review.safeParse(output);
  if (!refusal.success) return { result };
  const message = `The supervisor did not approve${refusal.data.reason === undefined ? '.' : `: ${refusal.data.reason}`}`;
  return { result, error: { code: 'NOT_APPROVED', message: message.slice(0, 4096), retryable: false } };
};

/** Why the run fails when work did, and what there is of it. */
export const concludeFailedWork = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<RunConclusion> => {
  const outcomes = await lastOutcomes(context, definition);
  const result = Json.parse({
    output: null,
    items: outcomes.map(told),
    progress: await progressOf(context, definition),
  });
  return { result, error: { code: 'STEP_FAILED', message: failureOf(outcomes).slice(0, 4096), retryable: false } };
};
