import type { TaskBody } from '../contract/definitions/step.ts';
import type { Json } from '../contract/json.ts';
import type { TaskKind } from '../contract/task.ts';
import type { StageStep } from './stage-spec.ts';

/** How a mode makes a step of what its definition asks a task for. */
export interface StepTerms {
  readonly id: string;
  readonly kind: TaskKind;
  /** Where the definition says its input. */
  readonly inputField: string;
  /** What its template may name of the mode's own. */
  readonly given?: Readonly<Record<string, Json>>;
  /** Its template where the definition has none. */
  readonly input: Json;
}

/** A step as a definition describes it, in its place among the mode's stages. */
export const stepOf = (body: TaskBody, { input, ...terms }: StepTerms): StageStep => ({
  ...body,
  ...terms,
  input: body.input ?? input,
});
