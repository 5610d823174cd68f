import * as z from 'zod';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';
import { TaskBody } from './step.ts';

/** Where the list is that is split: `{{ input }}`, or a path inside it. */
const over = z
  .string()
  .max(512)
  .regex(/^\{\{\s*input(\.[A-Za-z0-9_-]+)*\s*\}\}$/, 'must be one "{{ input… }}" that names a list');

/** A dotted path inside an element. */
const Field = z.string().regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'must be names joined by dots');

/**
 * How the work is split. Without `size` and `by` each element is a part; with them a part is `{ name, items }`. An element's
 * type of file is taken from its `field` (a path, or the element itself), its complexity likewise; dependencies from its `id`
 * and `dependsOn`. A splitter task answers `{ "parts": […] }`, or, where `over` is given, `{ "mappings": [{ "name", "items":
 * positions }] }` that must map each element exactly once.
 */
const Split = z.union([
  // Without saying so, a `by` that is none would be a field that is none, instead of one with three choices.
  z.strictObject({ over, size: z.int().min(1).max(100_000).optional(), by: z.never().optional() }),
  z.strictObject({ over, by: z.literal('file_type'), field: Field.default('path') }),
  z.strictObject({
    over,
    by: z.literal('complexity'),
    field: Field.default('complexity'),
    groups: z.int().min(1).max(limits.itemsPerStep).default(limits.maxParallelAgents),
  }),
  z.strictObject({ over, by: z.literal('dependency'), groups: z.enum(['components', 'layers']).default('components') }),
  z.strictObject({ task: TaskBody, over: over.optional() }),
]);

/** How what came of the parts is brought together: built in, or by a task that is given `parts` and `missing`. */
export const Reduction = z.union([
  z.strictObject({
    aggregate: z.enum(['concat', 'sum', 'merge', 'majority_vote', 'issues', 'suggestions', 'metrics']),
    /** Taken of each output before it is reduced. */
    path: Field.optional(),
  }),
  /** The output with the best number at `path`. */
  z.strictObject({
    aggregate: z.literal('best_of'),
    path: Field,
    order: z.enum(['highest', 'lowest']).default('highest'),
  }),
  z.strictObject({ task: TaskBody }),
]);

/** Work that is split, done in parts by many, and brought together again. */
export const MapReduceWorkflow = z.strictObject({
  mode: z.literal('map_reduce'),
  ...commonFields,
  split: Split,
  /** The task of each part; its input may name `item`, the part, and `index`. */
  map: TaskBody,
  reduce: Reduction,
  /** How many parts may fail: a number, or a share such as `10%`. Never all of them. */
  toleratedFailures: z
    .union([z.int().min(0).max(limits.itemsPerStep), z.string().regex(/^(100|\d{1,2})%$/, 'must be 0% to 100%')])
    .default(0),
});
export type MapReduceWorkflow = z.infer<typeof MapReduceWorkflow>;
