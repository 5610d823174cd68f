import type { ParallelWorkflow } from '../contract/definitions/parallel.ts';
import type { ModeRules } from './mode-rules.ts';
import { outputOfStage } from './output-of-stage.ts';
import type { StageSpec } from './stage-spec.ts';

/** Parallel: all tasks at once, as one stage; its completion rule decides the run. */
export const parallelRules = (definition: ParallelWorkflow): ModeRules => {
  const stage: StageSpec = { id: definition.name, steps: definition.tasks, completion: definition.completion };
  return {
    machine: 'parallel',
    outline: [stage],
    after: (_position, outcome) => ({ run: outcome === 'SUCCEEDED' ? 'succeed' : 'fail', token: 'succeed' }),
    output: outputOfStage(stage),
  };
};
