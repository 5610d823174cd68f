import * as z from 'zod';
import { Amount } from '../amount.ts';
import { Name } from '../ids.ts';
import { Strategy } from '../task.ts';
import { commonFields } from './common-fields.ts';
import { WorkBody } from './step.ts';

const Weight = Amount.min(0).max(1000);

/** Who may have the task: all agents that are connected and have the capability, and whatever the task itself requires. */
export const Bidders = z.strictObject({ capability: Name, minConfidence: z.number().min(0).max(1).optional() });
export type Bidders = z.infer<typeof Bidders>;

/** One task, given to the agent that offers best. */
export const AuctionWorkflow = z.strictObject({
  mode: z.literal('auction'),
  ...commonFields,
  task: WorkBody,
  bidders: Bidders,
  /** How long bids are taken; less when all have answered. */
  bidWindowSeconds: z.int().min(1).max(3600).default(10),
  /** How much each criterion counts; shares of their sum. */
  scoring: z
    .strictObject({
      price: Weight.default(0.3),
      speed: Weight.default(0.3),
      confidence: Weight.default(0.2),
      match: Weight.default(0.2),
    })
    .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'must count something')
    .prefault({}),
  /** What happens without a single bid: the run fails, or the task is given away by a strategy, as any other. */
  onNoBids: z.union([z.literal('fail'), z.strictObject({ strategy: Strategy })]).default('fail'),
});
export type AuctionWorkflow = z.infer<typeof AuctionWorkflow>;
