import * as z from 'zod';
import { Name } from '../ids.ts';
import { Json } from '../json.ts';
import { limits } from '../limits.ts';
import { Priority } from '../priority.ts';
import { Strategy } from '../task.ts';

/** What a workflow of any mode may say. */
export const commonFields = {
  name: Name,
  description: z.string().max(4096).optional(),
  timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultRunTimeoutSeconds),
  /** How many tasks of a stage work at once; never votes or bids. */
  maxParallelAgents: z.int().min(1).max(1000).default(limits.maxParallelAgents),
  strategy: Strategy.optional(),
  priority: Priority.default('normal'),
  /** Whether each task of its runs says on the bus that it was created, assigned, how far it is, and its end. */
  taskEvents: z.boolean().optional(),
  /** Template of the run's output; what the mode gives when left out. */
  output: Json.optional(),
};
