import * as z from 'zod';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';
import { Completion, MemberStep } from './step.ts';

/** All at once, as one stage. */
export const ParallelWorkflow = z.strictObject({
  mode: z.literal('parallel'),
  ...commonFields,
  tasks: z.array(MemberStep).min(1).max(limits.stepsPerWorkflow),
  completion: Completion.default('all'),
});
export type ParallelWorkflow = z.infer<typeof ParallelWorkflow>;
