import type { PipelineStage, PipelineWorkflow } from '../contract/definitions/pipeline.ts';
import type { Json } from '../contract/json.ts';
import type { TaskError } from '../contract/task.ts';
import { fillTemplate } from '../coordination/template.ts';
import { AppError } from '../errors/app-error.ts';
import { openPayload } from '../payloads/fit-payload.ts';
import { ExpressionError } from '../ports/expressions.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { templateScope } from '../runs/outputs.ts';
import type { Task } from '../tasks/task.ts';
import type { HandOn, ModeContext, ModeRules } from './mode-rules.ts';
import { readStageTask, reportOf } from './pipeline-report.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

/** A stage's fallback task is a stage of its own, at a position beyond those of all stages. */
const fallbackFrom = 1000;
const fallbackId = (id: string): string => `${id}_fallback`;

const valueNote = (position: number): string => `value#${String(position).padStart(4, '0')}`;
const reportNote = (position: number): string => `report#${String(position).padStart(4, '0')}`;

const stepOf = ({
  inputSchema: _in,
  outputSchema: _out,
  transform: _transform,
  fallback: _fallback,
  ...step
}: PipelineStage) => step;

const fallbackStepOf = ({ id, fallback }: PipelineStage): StageStep | undefined =>
  fallback !== undefined && 'task' in fallback ? { ...fallback.task, id: fallbackId(id) } : undefined;

/** What a stage came to: what is handed on, or why nothing is, or that its fallback is yet to be asked. */
type Made =
  | { readonly kind: 'value'; readonly value: Json; readonly report: Json }
  | { readonly kind: 'ask'; readonly stage: number }
  | { readonly kind: 'failed'; readonly error: TaskError; readonly report: Json };

const failureOf = (stage: string, message: string): TaskError => ({
  code: 'STAGE_FAILED',
  message: `stage ${stage} ${message}`.slice(0, 4096),
  retryable: false,
});

const reasonOf = ({ status, error, agentName }: Task): string =>
  `failed${agentName === undefined ? '' : ` on ${agentName}`}: ${error?.code ?? status}: ${error?.message ?? 'no reason given'}`;

/** A task's output as it is handed on. @throws ExpressionError saying what is wrong with it. */
const refine = async ({ services }: ModeContext, stage: PipelineStage, output: Json): Promise<Json> => {
  if (stage.outputSchema !== undefined) {
    const misfit = await services.expressions.misfit(stage.outputSchema, output);
    if (misfit !== undefined) throw new ExpressionError(`made an output that its outputSchema refuses: ${misfit}`);
  }
  if (stage.transform === undefined) return output;
  try {
    return await services.expressions.transform(stage.transform, output);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ExpressionError(`made an output that cannot be transformed: ${error.message}`);
  }
};

/** What one task, a stage's own or its fallback's, came to: a value, or in words what went wrong. */
const refined = async (
  context: ModeContext,
  stage: PipelineStage,
  task: Task,
): Promise<{ readonly value: Json } | { readonly wrong: string }> => {
  if (task.status !== 'SUCCEEDED') return { wrong: reasonOf(task) };
  const output = await openPayload(context.services, task.tenant, task.output ?? null);
  try {
    return { value: await refine(context, stage, output) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { wrong: error.message };
  }
};

const fallBack = async (
  context: ModeContext,
  stage: PipelineStage,
  position: number,
  { task, wrong }: { readonly task: Task; readonly wrong: string },
): Promise<Made> => {
  const { fallback, id } = stage;
  if (fallback === undefined)
    return { kind: 'failed', error: failureOf(id, wrong), report: reportOf(stage, 'FAILED', [task], wrong) };
  if ('value' in fallback)
    return { kind: 'value', value: fallback.value, report: reportOf(stage, 'FELL_BACK', [task], wrong) };
  const other = await readStageTask(context, fallbackFrom + position);
  if (other === undefined) return { kind: 'ask', stage: fallbackFrom + position };
  const made = await refined(context, stage, other);
  if ('value' in made)
    return { kind: 'value', value: made.value, report: reportOf(stage, 'FELL_BACK', [task, other], wrong) };
  const both = `${wrong}; its fallback ${made.wrong}`;
  return { kind: 'failed', error: failureOf(id, both), report: reportOf(stage, 'FAILED', [task, other], both) };
};

/** What the stage at a position came to. The same each time: it depends on tasks that have ended. */
const makeOf = async (context: ModeContext, stage: PipelineStage, position: number): Promise<Made> => {
  const task = await readStageTask(context, position);
  if (task === undefined) throw new AppError('NOT_FOUND', `Stage ${stage.id} has not ended.`);
  const made = await refined(context, stage, task);
  if ('value' in made) return { kind: 'value', value: made.value, report: reportOf(stage, 'SUCCEEDED', [task]) };
  return fallBack(context, stage, position, { task, wrong: made.wrong });
};

const readReports = async ({ services, run }: ModeContext, count: number): Promise<readonly Json[]> => {
  const notes = await Promise.all(
    Array.from({ length: count }, (_, position) => readNote(services, run, reportNote(position))),
  );
  return notes.flatMap((note) => (note === undefined ? [] : [note]));
};

const fail = async (context: ModeContext, error: TaskError, position: number, report?: Json): Promise<HandOn> => {
  const stages = [...(await readReports(context, position)), ...(report === undefined ? [] : [report])];
  return { kind: 'fail', error, result: { output: null, stages } };
};

/** Why a stage does not take what is handed to it, if so. */
const refusal = async ({ services }: ModeContext, stage: PipelineStage, value: Json): Promise<string | undefined> => {
  if (stage.inputSchema === undefined) return undefined;
  try {
    return await services.expressions.misfit(stage.inputSchema, value);
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
};

/**
 * What comes at a position: what the stage before made is checked, transformed, kept and handed on; after the last stage it
 * is what the run came to.
 */
const handOn = async (context: ModeContext, { stages }: PipelineWorkflow, position: number): Promise<HandOn> => {
  const { services, run } = context;
  const before = stages[position - 1];
  const made: Made =
    before === undefined
      ? { kind: 'value', value: await openPayload(services, run.tenant, run.input), report: null }
      : await makeOf(context, before, position - 1);
  if (made.kind === 'ask') return { kind: 'work', stage: made.stage };
  if (made.kind === 'failed') return fail(context, made.error, position - 1, made.report);
  if (before !== undefined) await noteOnce(services, run, reportNote(position - 1), made.report);
  const stage = stages[position];
  if (stage === undefined) {
    const reports = await readReports(context, stages.length);
    return { kind: 'end', result: { output: made.value, stages: [...reports] } };
  }
  const misfit = await refusal(context, stage, made.value);
  if (misfit !== undefined)
    return fail(context, failureOf(stage.id, `got an input that its inputSchema refuses: ${misfit}`), position);
  await noteOnce(services, run, valueNote(position), made.value);
  return { kind: 'work', stage: position };
};

/** The task of a stage, or of a fallback, with what was handed to it. */
const planStage = async (context: ModeContext, { stages }: PipelineWorkflow, at: number): Promise<StageSpec> => {
  const { services, run } = context;
  const isFallback = at >= fallbackFrom;
  const position = isFallback ? at - fallbackFrom : at;
  const stage = stages[position];
  const step = stage === undefined || !isFallback ? stage && stepOf(stage) : fallbackStepOf(stage);
  const value = await readNote(services, run, valueNote(position));
  if (step === undefined || value === undefined)
    throw new AppError('NOT_FOUND', `The workflow ${run.workflow} has no stage ${at} yet.`);
  const template = step.input ?? '{{ value }}';
  const scope = await templateScope(services, run, [template]);
  const input = fillTemplate(template, { ...scope, value });
  return { id: step.id, steps: [{ ...step, input, isFilled: true }], completion: 'all' };
};

const outlineOf = (stage: PipelineStage): StageSpec => {
  const names = ['value'];
  const fallback = fallbackStepOf(stage);
  const steps: readonly StageStep[] = [stepOf(stage), ...(fallback === undefined ? [] : [fallback])];
  const id = fallback === undefined ? stage.id : `${stage.id}_stage`;
  return { id, steps: steps.map((step) => ({ ...step, names })), completion: 'all' };
};

const expressionsOf = ({ id, inputSchema, outputSchema, transform }: PipelineStage) => [
  ...(inputSchema === undefined
    ? []
    : [{ field: `stages.${id}.inputSchema`, expression: { kind: 'schema', schema: inputSchema } as const }]),
  ...(outputSchema === undefined
    ? []
    : [{ field: `stages.${id}.outputSchema`, expression: { kind: 'schema', schema: outputSchema } as const }]),
  ...(transform === undefined
    ? []
    : [{ field: `stages.${id}.transform`, expression: { kind: 'transform', source: transform } as const }]),
];

/** Pipeline: each stage works on what the one before made, which is checked and transformed on the way. */
export const pipelineRules = (definition: PipelineWorkflow): ModeRules => ({
  machine: 'pipeline',
  outline: definition.stages.map(outlineOf),
  expressions: definition.stages.flatMap(expressionsOf),
  plan: (context, at) => planStage(context, definition, at),
  // That a stage failed is dealt with where its output would be handed on; after a fallback that is asked for again.
  after: (position) => ({ run: 'continue', token: position >= fallbackFrom ? 'again' : 'succeed' }),
  handOn: (context, position) => handOn(context, definition, position),
  output: '{{ result }}',
});
