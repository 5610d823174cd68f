import type { MapReduceWorkflow } from '../contract/definitions/map-reduce.ts';
import type { TaskBody } from '../contract/definitions/step.ts';
import type { Json } from '../contract/json.ts';
import { isTerminal } from '../contract/task.ts';
import { type Part, type Reducer, reduce } from '../coordination/map-reduce/reduce.ts';
import {
  type FailedPart,
  handlePartialFailure,
  type ToleratedFailures,
  toleratedCount,
} from '../coordination/map-reduce/tolerate.ts';
import { fillTemplate, valueAt } from '../coordination/template.ts';
import { AppError } from '../errors/app-error.ts';
import { firstToFail, toldOf } from '../runs/failed-task.ts';
import { templateScope } from '../runs/outputs.ts';
import { type MapPart, mapParts } from './map-reduce-parts.ts';
import type { AfterStage, ModeContext, ModeDecision, ModeRules } from './mode-rules.ts';
import { type MemberOutcome, readOutcomes } from './run-reader.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

const position = { split: 0, map: 1, reduce: 2 } as const;

const toleratedOf = ({ toleratedFailures }: MapReduceWorkflow): ToleratedFailures =>
  typeof toleratedFailures === 'number' ? toleratedFailures : { percentage: Number.parseInt(toleratedFailures, 10) };

const reducerOf = (reduction: Exclude<MapReduceWorkflow['reduce'], { task: unknown }>): Reducer =>
  reduction.aggregate === 'best_of' ? { bestOf: reduction.path, order: reduction.order } : reduction.aggregate;

const stepOf = (id: string, body: TaskBody, more: Partial<StageStep> = {}): StageStep => ({ ...body, id, ...more });

/** A part that did not succeed, and what became of its task. */
interface Failure {
  readonly part: FailedPart;
  readonly outcome: MemberOutcome;
}

/** What came of the map phase. */
interface Mapped {
  readonly total: number;
  readonly parts: readonly Part[];
  readonly missing: readonly Failure[];
}

const failureOf = ({ status, error, agentName }: MemberOutcome, name: string): FailedPart => ({
  name,
  code: error?.code ?? status,
  message: `${agentName === undefined ? '' : `${agentName}: `}${error?.message ?? status}`,
});

/** What succeeded and what did not, in the order of the parts; what is still open is neither. */
const mapped = (parts: readonly MapPart[], outcomes: readonly MemberOutcome[]): Mapped => {
  const ended = outcomes.filter(({ status }) => isTerminal(status));
  const nameOf = ({ index }: MemberOutcome): string => parts[index]?.name ?? `part-${index + 1}`;
  return {
    total: parts.length,
    parts: ended
      .filter(({ status }) => status === 'SUCCEEDED')
      .map((outcome) => ({ name: nameOf(outcome), output: outcome.output })),
    missing: ended
      .filter(({ status }) => status !== 'SUCCEEDED')
      .map((outcome) => ({ part: failureOf(outcome, nameOf(outcome)), outcome })),
  };
};

const readMapped = async (context: ModeContext, definition: MapReduceWorkflow): Promise<Mapped> =>
  mapped(await mapParts(context, definition.split), await readOutcomes(context, position.map));

const mapStage = async (context: ModeContext, definition: MapReduceWorkflow): Promise<StageSpec> => {
  const parts = await mapParts(context, definition.split);
  const { services, run } = context;
  const { input } = definition.map;
  const scope = await templateScope(services, run, [input]);
  return {
    id: 'map',
    steps: [
      stepOf('map', definition.map, {
        members: parts.map(({ item }, index) => ({ input: fillTemplate(input, { ...scope, item, index }) })),
      }),
    ],
    completion: { tolerated: toleratedCount(toleratedOf(definition), parts.length) },
  };
};

const listOf = (missing: readonly Failure[]): Json => missing.map(({ part }) => ({ ...part }));

/** What a reducer task is given unless its definition says otherwise. */
const defaultInput: Json = { parts: '{{ parts }}', missing: '{{ missing }}' };

const reduceStage = async (context: ModeContext, definition: MapReduceWorkflow, task: TaskBody): Promise<StageSpec> => {
  const { parts, missing } = await readMapped(context, definition);
  const template = task.input ?? defaultInput;
  const scope = await templateScope(context.services, context.run, [template]);
  const more = { parts: parts.map((part) => ({ ...part })), missing: listOf(missing) };
  const input = fillTemplate(template, { ...scope, ...more });
  return {
    id: 'reduce',
    steps: [stepOf('reduce', task, { input, isFilled: true, kind: 'reduce' })],
    completion: 'all',
  };
};

const planStage = async (context: ModeContext, definition: MapReduceWorkflow, at: number): Promise<StageSpec> => {
  const { split, reduce: reduction } = definition;
  if (at === position.map) return mapStage(context, definition);
  if (at === position.reduce && 'task' in reduction) return reduceStage(context, definition, reduction.task);
  if (at !== position.split) throw new AppError('NOT_FOUND', `The workflow ${definition.name} has no stage ${at}.`);
  if ('task' in split)
    return { id: 'split', steps: [stepOf('split', split.task, { kind: 'plan' })], completion: 'all' };
  // A split that is built in is nobody's task; that it can be made is found out here, before anything else.
  await mapParts(context, split);
  return { id: 'split', steps: [], completion: 'all' };
};

const takenOf = (parts: readonly Part[], path: string | undefined): readonly Part[] =>
  path === undefined ? parts : parts.map(({ name, output }) => ({ name, output: valueAt(output, path.split('.')) }));

/** What failed by itself: once too much had, the rest was cancelled, and is not what anybody asks about. */
const ownFailures = ({ missing, total }: Mapped, tolerated: ToleratedFailures): readonly Failure[] => {
  const own = missing.filter(({ part }) => part.code !== 'CANCELLED');
  return own.length > toleratedCount(tolerated, total) ? own : missing;
};

/** Once the map phase is decided: too much is missing, a task is asked to reduce, or it is reduced here. */
const decideReduce = async (context: ModeContext, definition: MapReduceWorkflow): Promise<ModeDecision> => {
  const phase = await readMapped(context, definition);
  const { total, parts } = phase;
  const tolerated = toleratedOf(definition);
  const missing = ownFailures(phase, tolerated);
  const first = firstToFail(missing.map(({ outcome }) => outcome));
  // The first comes first: the error names one task, in words and as a field.
  const failures = missing.toSorted((left, right) => Number(right.outcome === first) - Number(left.outcome === first));
  const toleration = handlePartialFailure(
    failures.map(({ part }) => part),
    total,
    tolerated,
  );
  const figures = { total, succeeded: parts.length, isPartial: missing.length > 0, missing: listOf(missing) };
  if (toleration.kind === 'fail') {
    const error = {
      code: 'MAP_FAILED',
      message: toleration.message.slice(0, 4096),
      retryable: false,
      ...(first === undefined ? {} : { failedTask: toldOf(first) }),
    };
    return { answer: { decision: 'failed' }, run: 'fail', error, result: { value: null, ...figures } };
  }
  const { reduce: reduction } = definition;
  if ('task' in reduction) return { answer: { decision: 'ask_reducer' }, run: 'continue' };
  const taken = reduction.aggregate === 'best_of' ? parts : takenOf(parts, reduction.path);
  const value = reduce(reducerOf(reduction), taken);
  return { answer: { decision: 'reduced' }, run: 'succeed', result: { value, ...figures } };
};

const outlineOf = ({ split, map, reduce: reduction }: MapReduceWorkflow): readonly StageSpec[] => [
  ...('task' in split ? [{ id: 'split', steps: [stepOf('split', split.task)], completion: 'all' } as const] : []),
  { id: 'map', steps: [stepOf('map', map, { members: [], names: ['item', 'index'] })], completion: 'ended' },
  ...('task' in reduction
    ? [
        {
          id: 'reduce',
          steps: [stepOf('reduce', reduction.task, { names: ['parts', 'missing'] })],
          completion: 'all',
        } as const,
      ]
    : []),
];

const afterStage = (at: number, outcome: 'SUCCEEDED' | 'FAILED'): AfterStage => {
  // How much of the map phase may fail is decided with the names of what did.
  if (at === position.map) return { run: 'continue', token: 'succeed' };
  if (outcome === 'FAILED') return { run: 'fail', token: 'fail' };
  return { run: at === position.reduce ? 'succeed' : 'continue', token: 'succeed' };
};

/** Map-reduce: the work is split, each part is a task, and what came of them is brought together. */
export const mapReduceRules = (definition: MapReduceWorkflow): ModeRules => ({
  machine: 'map_reduce',
  outline: outlineOf(definition),
  plan: (context, at) => planStage(context, definition, at),
  after: afterStage,
  decide: (context) => decideReduce(context, definition),
  output: 'task' in definition.reduce ? '{{ steps.reduce.output }}' : '{{ result }}',
});
