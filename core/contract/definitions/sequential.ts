import * as z from 'zod';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';
import { Step, StepGroup } from './step.ts';

/** One at a time, in order; a failed step stops the run and the later ones are skipped. */
export const SequentialWorkflow = z.strictObject({
  mode: z.literal('sequential'),
  ...commonFields,
  steps: z
    .array(z.union([StepGroup, Step]))
    .min(1)
    .max(limits.stepsPerWorkflow),
});
export type SequentialWorkflow = z.infer<typeof SequentialWorkflow>;
