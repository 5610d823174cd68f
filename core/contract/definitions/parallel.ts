import * as z from 'zod';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';
import { Completion, MemberStep } from './step.ts';

/** A dotted path inside an output. */
const ScorePath = z.string().regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'must be names joined by dots');

/** All are done, and the output with the best number at `bestOf` is the run's. */
const BestOf = z.strictObject({ bestOf: ScorePath, order: z.enum(['highest', 'lowest']).default('highest') });

/** Until when tasks that run at once are waited for, and what counts of them. */
export const ParallelCompletion = z.union([Completion, BestOf]);

/** All at once, as one stage. */
export const ParallelWorkflow = z.strictObject({
  mode: z.literal('parallel'),
  ...commonFields,
  tasks: z.array(MemberStep).min(1).max(limits.stepsPerWorkflow),
  completion: ParallelCompletion.default('all'),
});
export type ParallelWorkflow = z.infer<typeof ParallelWorkflow>;
