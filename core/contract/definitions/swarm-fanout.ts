import * as z from 'zod';
import { Json } from '../json.ts';
import { limits } from '../limits.ts';
import { Aggregation } from './aggregation.ts';
import { commonFields } from './common-fields.ts';
import { TaskBody } from './step.ts';

/**
 * How a swarm's task is divided: by an agent, which answers `{parts: [{id, input, …}]}`, or by the platform. `over` is one
 * `{{ path }}` that names a list: of paths of files for `area` and `file_type`, of objects with a number `complexity`, or
 * with `id` and `dependsOn`.
 */
export const Decomposition = z.union([
  z.strictObject({ task: TaskBody }),
  z.strictObject({
    over: z
      .string()
      .max(512)
      .regex(/^\{\{\s*[A-Za-z0-9_.-]+\s*\}\}$/, 'must be one "{{ path }}" that names a list'),
    by: z.enum(['item', 'area', 'file_type', 'complexity', 'dependency']).default('item'),
  }),
]);

/**
 * A task divided into parts that several agents work on at once. `size` is how many; it never cuts the work. The work's
 * template may name `item`, `index`, `part` and `dependencies`, the aggregating task's `task` and `parts`.
 */
export const SwarmFanoutWorkflow = z
  .strictObject({
    mode: z.literal('swarm'),
    variant: z.literal('fanout'),
    ...commonFields,
    /** Template of what is to be done, as a whole. */
    task: Json.default('{{ input }}'),
    decompose: Decomposition,
    work: TaskBody,
    /** The parts' outputs by id when left out. */
    aggregate: Aggregation.optional(),
    /** How many parts are worked on at once. */
    size: z.int().min(1).max(1000).default(5),
    /** `dag` keeps the parts' dependencies, `parallel` drops them, `sequential` is one part at a time. */
    order: z.enum(['parallel', 'sequential', 'dag']).default('parallel'),
    /** How often a part that failed is tried again. */
    retries: z
      .int()
      .min(0)
      .max(limits.maxAttempts - 1)
      .default(3),
    /** Parts that may fail: a number of them, or a share. */
    toleratedFailures: z.union([z.int().min(0), z.string().regex(/^(100|[1-9]?[0-9])%$/)]).default(0),
    /** Whether the cheapest agents that are good enough work. */
    optimizeCost: z.boolean().default(false),
  })
  .refine(({ size, maxParallelAgents }) => size <= maxParallelAgents, {
    message: 'is above maxParallelAgents',
    path: ['size'],
  });
export type SwarmFanoutWorkflow = z.infer<typeof SwarmFanoutWorkflow>;
