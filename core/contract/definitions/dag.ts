import * as z from 'zod';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';
import { NodeStep } from './step.ts';

/**
 * A graph of tasks: each begins as soon as all that it depends on have succeeded, and may name their outputs, and those
 * of all before them, in its input.
 */
export const DagWorkflow = z.strictObject({
  mode: z.literal('dag'),
  ...commonFields,
  nodes: z.array(NodeStep).min(1).max(limits.stepsPerWorkflow),
  /**
   * `skip_dependents`: what depends on a node that failed is skipped, everything else still runs, and then the run has
   * failed. `fail_fast`: the first failure ends the run, and what is at work is cancelled.
   */
  onFailure: z.enum(['skip_dependents', 'fail_fast']).default('skip_dependents'),
});
export type DagWorkflow = z.infer<typeof DagWorkflow>;
