import * as z from 'zod';
import { TaskBody } from './step.ts';

/** Outputs put together by the platform itself. `path` is dotted. */
const builtIn = z.union([
  z.strictObject({
    aggregate: z.enum(['concat', 'sum', 'merge', 'majority_vote', 'issues', 'suggestions', 'metrics']),
  }),
  z.strictObject({
    aggregate: z.literal('best_of'),
    path: z.string().min(1).max(512),
    order: z.enum(['highest', 'lowest']).default('highest'),
  }),
]);

/** How outputs become one: in a way that is built in, or by an agent. */
export const Aggregation = z.union([builtIn, z.strictObject({ task: TaskBody })]);
export type Aggregation = z.infer<typeof Aggregation>;
