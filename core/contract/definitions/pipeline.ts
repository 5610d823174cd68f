import * as z from 'zod';
import { Json } from '../json.ts';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';
import { StepId, stageBody, TaskBody } from './step.ts';

/** A JSON Schema, draft 2020-12, without references to elsewhere. Checked when the definition is stored. */
const JsonSchema = z.record(z.string(), Json);

/**
 * A stage: what was handed on must fit `inputSchema`; its task is given it (or `input`, a template that may name `value`);
 * the task's output must fit `outputSchema`, and is handed on as it is or as `transform`, a JSONata expression, makes it.
 * When its task, its output or its transformation fails, `fallback` takes its place: another task, whose output is treated
 * likewise, or a value that is handed on as it is.
 */
export const PipelineStage = stageBody({
  id: StepId,
  inputSchema: JsonSchema.optional(),
  outputSchema: JsonSchema.optional(),
  transform: z.string().min(1).max(limits.expressionBytes).optional(),
  fallback: z.union([z.strictObject({ value: Json }), z.strictObject({ task: TaskBody })]).optional(),
});
export type PipelineStage = z.infer<typeof PipelineStage>;

/** Stages one after the other, each with what the one before it made. */
export const PipelineWorkflow = z.strictObject({
  mode: z.literal('pipeline'),
  ...commonFields,
  stages: z.array(PipelineStage).min(1).max(100),
});
export type PipelineWorkflow = z.infer<typeof PipelineWorkflow>;
