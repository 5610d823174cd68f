import type { Json } from '../contract/json.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

/** Whether a step may have any number of tasks, and so has `outputs`. */
export const isList = (step: StageStep): boolean => step.forEach !== undefined || step.members !== undefined;

const templateOf = (step: StageStep): string => `{{ steps.${step.id}.${isList(step) ? 'outputs' : 'output'} }}`;

/** Template of what a stage came to: its task's output, or one by step when it has several. */
export const outputOfStage = (stage: StageSpec | undefined): Json => {
  const steps = stage?.steps ?? [];
  const [first] = steps;
  if (steps.length === 1 && first !== undefined) return templateOf(first);
  return Object.fromEntries(steps.map((step) => [step.id, templateOf(step)]));
};
