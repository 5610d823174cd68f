import * as z from 'zod';
import { limits } from '../limits.ts';
import { Bidders } from './auction.ts';
import { commonFields } from './common-fields.ts';
import { WorkBody } from './step.ts';

/** One task, led by one agent at a time: whoever replaces it also ends what it still sends. */
export const LeaderElectWorkflow = z.strictObject({
  mode: z.literal('leader_elect'),
  ...commonFields,
  /** Who may lead: all agents that are connected and have the capability, and whatever the task itself requires. */
  candidates: Bidders,
  task: WorkBody,
  /** How long a leader has; then the next term begins. */
  termSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(300),
  maxTerms: z.int().min(1).max(20).default(3),
});
export type LeaderElectWorkflow = z.infer<typeof LeaderElectWorkflow>;
