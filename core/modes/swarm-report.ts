import type { SwarmFanoutWorkflow } from '../contract/definitions/swarm-fanout.ts';
import { Json } from '../contract/json.ts';
import type { RunError } from '../contract/workflow.ts';
import { type Reducer, reduce } from '../coordination/map-reduce/reduce.ts';
import { type ToleratedFailures, toleratedCount } from '../coordination/map-reduce/tolerate.ts';
import { type FinishedPart, swarmMetrics } from '../coordination/swarm/swarm-metrics.ts';
import { firstToFail, toldOf } from '../runs/failed-task.ts';
import type { ModeContext, RunConclusion } from './mode-rules.ts';
import { type MemberOutcome, readOutcomes } from './run-reader.ts';

const statusOf = ({ status }: MemberOutcome): FinishedPart['status'] => {
  if (status === 'SUCCEEDED') return 'succeeded';
  if (status === 'SKIPPED') return 'skipped';
  return status === 'CANCELLED' ? 'cancelled' : 'failed';
};

const finished = (outcome: MemberOutcome): FinishedPart => {
  const { attempts, usage, startedAt, endedAt } = outcome;
  return {
    status: statusOf(outcome),
    attempts,
    ...(usage?.costUsd === undefined ? {} : { costUsd: usage.costUsd }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
};

/** A part as it is told: who did it, what it came to. */
const told = (outcome: MemberOutcome): Json => {
  const { step, taskId, agentName, output, error } = outcome;
  const { startedAt, endedAt, ...rest } = finished(outcome);
  return {
    id: step,
    taskId,
    ...rest,
    ...(agentName === undefined ? {} : { agent: agentName }),
    ...(rest.status === 'succeeded' ? { output } : {}),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    ...(startedAt === undefined || endedAt === undefined ? {} : { workMs: endedAt - startedAt }),
  };
};

const tolerated = ({ toleratedFailures }: SwarmFanoutWorkflow): ToleratedFailures =>
  typeof toleratedFailures === 'number' ? toleratedFailures : { percentage: Number.parseInt(toleratedFailures, 10) };

/** Why too many parts failed, if they did. Names the first of them, its task and its agent. */
const tooManyFailed = (outcomes: readonly MemberOutcome[], definition: SwarmFanoutWorkflow): RunError | undefined => {
  const failed = outcomes.filter(({ status }) => status !== 'SUCCEEDED');
  const first = firstToFail(failed);
  const most = toleratedCount(tolerated(definition), outcomes.length);
  if (first === undefined || failed.length <= most) return undefined;
  const { step, taskId, agentName, status, error } = first;
  const whose = `"${step}" (${taskId}${agentName === undefined ? '' : ` on ${agentName}`})`;
  const message = `${failed.length} of ${outcomes.length} parts failed; at most ${most} may. First ${whose}: ${error?.message ?? status}`;
  return { code: 'STEP_FAILED', message: message.slice(0, 4096), retryable: false, failedTask: toldOf(first) };
};

/** What the parts came to. */
export interface PartsReport {
  readonly outcomes: readonly MemberOutcome[];
  readonly parts: readonly Json[];
  /** Set when more failed than may. */
  readonly error: RunError | undefined;
}

/** Reads what the parts of a swarm came to, once all have ended. */
export const reportOf = async (context: ModeContext, definition: SwarmFanoutWorkflow): Promise<PartsReport> => {
  const outcomes = await readOutcomes(context, 1);
  return { outcomes, parts: outcomes.map(told), error: tooManyFailed(outcomes, definition) };
};

const reducerOf = (aggregate: NonNullable<SwarmFanoutWorkflow['aggregate']>): Reducer | undefined => {
  if ('task' in aggregate) return undefined;
  return aggregate.aggregate === 'best_of' ? { bestOf: aggregate.path, order: aggregate.order } : aggregate.aggregate;
};

const aggregated = async (
  context: ModeContext,
  { aggregate }: SwarmFanoutWorkflow,
  outcomes: readonly MemberOutcome[],
): Promise<Json> => {
  const succeeded = outcomes.filter(({ status }) => status === 'SUCCEEDED');
  if (aggregate === undefined) return Object.fromEntries(succeeded.map(({ step, output }) => [step, output]));
  const reducer = reducerOf(aggregate);
  if (reducer !== undefined)
    return reduce(
      reducer,
      succeeded.map(({ step, output }) => ({ name: step, output })),
    );
  const [outcome] = await readOutcomes(context, 2);
  return outcome?.output ?? null;
};

/** What a swarm came to: the whole, every part of it, and the figures. */
export const concludeSwarm = async (context: ModeContext, definition: SwarmFanoutWorkflow): Promise<RunConclusion> => {
  const { outcomes, parts, error } = await reportOf(context, definition);
  const output = error === undefined ? await aggregated(context, definition, outcomes) : null;
  const metrics = swarmMetrics(outcomes.map(finished));
  const missing = outcomes.filter(({ status }) => status !== 'SUCCEEDED').map(({ step }) => step);
  const result = Json.parse({ output, parts, missing, metrics });
  return error === undefined ? { result } : { result, error };
};
