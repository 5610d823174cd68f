import type { ParallelWorkflow } from '../contract/definitions/parallel.ts';
import { Json } from '../contract/json.ts';
import { bestOf as bestPart } from '../coordination/map-reduce/reduce.ts';
import type { ModeContext, ModeRules, RunConclusion } from './mode-rules.ts';
import { isList, outputOfStage } from './output-of-stage.ts';
import { readOutcomes } from './run-reader.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

type Completion = ParallelWorkflow['completion'];
type BestOf = Extract<Completion, { bestOf: unknown }>;

const isBestOf = (completion: Completion): completion is BestOf =>
  typeof completion === 'object' && 'bestOf' in completion;

/** The best output of those that there are, and what became of the others; without a single score the run has failed. */
const chooseBest = async (
  context: ModeContext,
  steps: readonly StageStep[],
  { bestOf, order }: BestOf,
): Promise<RunConclusion> => {
  const lists = new Set(steps.filter(isList).map(({ id }) => id));
  const outcomes = (await readOutcomes(context, 0)).map((outcome) => ({
    ...outcome,
    name: lists.has(outcome.step) ? `${outcome.step}[${outcome.item}]` : outcome.step,
  }));
  const parts = outcomes.filter(({ status }) => status === 'SUCCEEDED');
  const failed = outcomes
    .filter(({ status }) => status !== 'SUCCEEDED')
    .map(({ name, agentName, status, error }) => ({
      task: name,
      code: error?.code ?? status,
      message: `${agentName === undefined ? '' : `${agentName}: `}${error?.message ?? status}`,
    }));
  const { best, score, from, unscored } = bestPart(parts, bestOf, order);
  const result = Json.parse({ value: best, score, task: from, candidates: parts.length, unscored, failed });
  if (score !== null) return { result };
  const message = `None of ${outcomes.length} tasks has a number at "${bestOf}": ${failed.length} failed, ${parts.length} have none there.`;
  return { result, error: { code: 'NO_SCORE', message, retryable: false } };
};

/** Parallel: all tasks at once, as one stage; its completion rule decides the run. */
export const parallelRules = (definition: ParallelWorkflow): ModeRules => {
  const { completion, name, tasks } = definition;
  const stage: StageSpec = { id: name, steps: tasks, completion: isBestOf(completion) ? 'ended' : completion };
  const rules: ModeRules = {
    machine: 'parallel',
    outline: [stage],
    after: (_position, outcome) =>
      outcome === 'SUCCEEDED' ? { run: 'succeed', token: 'succeed' } : { run: 'fail', token: 'fail' },
    output: outputOfStage(stage),
  };
  return isBestOf(completion)
    ? { ...rules, conclude: (context) => chooseBest(context, tasks, completion), output: '{{ result }}' }
    : rules;
};
