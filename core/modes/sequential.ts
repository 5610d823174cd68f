import type { SequentialWorkflow } from '../contract/definitions/sequential.ts';
import type { Step, StepGroup } from '../contract/definitions/step.ts';
import { orderByDependency } from '../coordination/order.ts';
import type { ModeRules } from './mode-rules.ts';
import { outputOfStage } from './output-of-stage.ts';
import type { StageSpec } from './stage-spec.ts';

const isGroup = (step: Step | StepGroup): step is StepGroup => 'parallel' in step;

const stagesOf = (definition: SequentialWorkflow): readonly StageSpec[] =>
  orderByDependency(
    definition.steps.map((step) => ({ id: step.id, step, dependsOn: isGroup(step) ? [] : (step.dependsOn ?? []) })),
  ).map(({ step }) =>
    isGroup(step)
      ? { id: step.id, steps: step.parallel, completion: step.completion }
      : { id: step.id, steps: [step], completion: 'all' },
  );

/** Sequential: one stage at a time, in order of dependencies; a stage that fails stops the run. */
export const sequentialRules = (definition: SequentialWorkflow): ModeRules => {
  const outline = stagesOf(definition);
  return {
    machine: 'sequential',
    outline,
    after: (position, outcome) =>
      outcome === 'SUCCEEDED'
        ? { run: position === outline.length - 1 ? 'succeed' : 'continue', token: 'succeed' }
        : { run: 'fail', token: 'fail' },
    output: outputOfStage(outline.at(-1)),
  };
};
