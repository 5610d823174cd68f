import * as z from 'zod';
import { Name } from '../ids.ts';
import { limits } from '../limits.ts';
import { commonFields } from './common-fields.ts';

const Place = z.string().min(1).max(64);
const Cell = z.strictObject({ x: z.int().min(0), y: z.int().min(0) });
const Amount = z.int().positive().optional();

/** Places and ways between them, or cells. Ways are gone both ways; a resource without an amount is never used up. */
export const EnvironmentDefinition = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('graph'),
    edges: z
      .array(z.strictObject({ from: Place, to: Place, cost: z.number().positive() }))
      .min(1)
      .max(limits.swarmWays),
    start: Place,
    resources: z.array(z.strictObject({ at: Place, amount: Amount })).max(1000),
    obstacles: z.array(Place).max(limits.swarmWays).default([]),
  }),
  z
    .strictObject({
      kind: z.literal('grid'),
      width: z.int().min(1).max(100),
      height: z.int().min(1).max(100),
      neighbours: z.union([z.literal(4), z.literal(8)]).default(4),
      start: Cell,
      resources: z.array(Cell.extend({ amount: Amount })).max(1000),
      obstacles: z.array(Cell).max(limits.swarmWays).default([]),
    })
    .refine(({ width, height }) => width * height <= limits.swarmCells, {
      message: 'has too many cells',
      path: ['width'],
    }),
]);
export type EnvironmentDefinition = z.infer<typeof EnvironmentDefinition>;

/**
 * Ants that find ways by the marks that others leave. Each iteration asks one task of each agent, for the moves of its
 * ants; what they leave and what evaporates the platform reckons.
 */
export const SwarmStigmergicWorkflow = z
  .strictObject({
    mode: z.literal('swarm'),
    variant: z.literal('stigmergic'),
    ...commonFields,
    /** Here, or one `{{ input… }}` that names it. */
    environment: z.union([
      EnvironmentDefinition,
      z
        .string()
        .max(512)
        .regex(
          /^\{\{\s*input(\.[A-Za-z0-9_-]+)*\s*\}\}$/,
          'must be an environment, or one "{{ input… }}" that names one',
        ),
    ]),
    /** What kind of work an agent is asked for. */
    type: Name,
    agents: z.strictObject({ capability: Name, count: z.int().min(1).max(100) }),
    antsPerAgent: z.int().min(1).max(100).default(10),
    /** Marks that are there from the beginning, 0 to 1. */
    pheromones: z
      .array(z.strictObject({ from: Place, to: Place, strength: z.number().min(0).max(1) }))
      .max(1000)
      .default([]),
    /** The share of every mark that is gone after an iteration. */
    evaporation: z.number().min(0).max(1).default(0.1),
    maxIterations: z.int().min(1).max(limits.swarmIterations).default(100),
    /** How strong a trail is on which a swarm agrees, as a share of the strongest way. */
    minStrength: z.number().min(0).max(1).default(0.7),
    /** The share of the ants that agree. */
    convergence: z.number().min(0).max(1).default(0.8),
    /** How many ways an ant sees, and so goes in one iteration. */
    sight: z.int().min(1).max(5).default(1),
    /** What an agent is too late after; its ants stay where they are then. */
    iterationSeconds: z.int().min(1).max(3600).default(60),
  })
  .refine(({ agents, antsPerAgent }) => agents.count * antsPerAgent <= limits.ants, {
    message: `makes more than ${limits.ants} ants`,
    path: ['antsPerAgent'],
  });
export type SwarmStigmergicWorkflow = z.infer<typeof SwarmStigmergicWorkflow>;
