import * as z from 'zod';
import { limits } from '../limits.ts';
import { Bidders } from './auction.ts';
import { commonFields } from './common-fields.ts';
import { Agreement } from './consensus.ts';
import { TeamDefinition } from './hierarchical.ts';
import { Reduction } from './map-reduce.ts';
import { ParallelCompletion } from './parallel.ts';
import { Step, TaskBody } from './step.ts';
import { Decomposition } from './swarm-fanout.ts';

/** Modes that a workflow can run in. */
export const Mode = z.enum([
  'sequential',
  'parallel',
  'dag',
  'pipeline',
  'map_reduce',
  'consensus',
  'hierarchical',
  'swarm',
  'auction',
  'leader_elect',
]);

/** The mode that was chosen for a workflow, and in a sentence why. */
export const ModeChoice = z.looseObject({ mode: Mode, why: z.string() });
export type ModeChoice = z.infer<typeof ModeChoice>;

/**
 * Work whose mode the platform chooses when the workflow is stored, by what its steps need of each other: what they say in
 * `dependsOn`, and what their templates name. What only one mode has use for asks for that mode.
 */
export const AutoWorkflow = z.strictObject({
  mode: z.literal('auto'),
  ...commonFields,
  steps: z.array(Step).min(1).max(limits.stepsPerWorkflow),
  /** Chosen unless it would break a dependency. */
  preferred: Mode.optional(),
  /** Each step takes what the one before it made. */
  handsOn: z.boolean().default(false),
  /** Of steps that run at once: when they are enough. */
  completion: ParallelCompletion.optional(),
  /** How the outputs of a step with `forEach` become one. @default concat */
  reduce: Reduction.optional(),
  /** Several have to agree on the answer to the one step, whose input is the question. */
  agreement: Agreement.optional(),
  /** The one step is done by whoever bids best. */
  bidders: Bidders.optional(),
  /** The one step is led by one of these, who is replaced when it is lost. */
  candidates: Bidders.optional(),
  /** The one step is done for parts that have to be found first. */
  decompose: Decomposition.optional(),
  /** The one step is done by the workers of teams. */
  hierarchy: z
    .strictObject({ supervisor: TaskBody, lead: TaskBody, teams: z.array(TeamDefinition).min(1).max(limits.teams) })
    .optional(),
});
export type AutoWorkflow = z.infer<typeof AutoWorkflow>;
