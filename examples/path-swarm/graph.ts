import * as z from 'zod';

const Place = z.string().min(1).max(64);

/** Ways that are gone in both directions, and where to from where. */
export const PathRequest = z
  .strictObject({
    edges: z
      .array(z.strictObject({ from: Place, to: Place, cost: z.number().positive() }))
      .min(1)
      .max(5000),
    start: Place,
    goal: Place,
  })
  .refine(({ start, goal }) => start !== goal, { message: 'must be another place than the start', path: ['goal'] });
export type PathRequest = z.infer<typeof PathRequest>;
export type Graph = Pick<PathRequest, 'edges' | 'start' | 'goal'>;

/** What the surveyor is asked: whether the path is one, and how good it is. */
export const SurveyInput = z.strictObject({
  edges: PathRequest.shape.edges,
  start: Place,
  goal: Place,
  found: z.looseObject({
    verdict: z.string(),
    iterations: z.int(),
    best: z.looseObject({ path: z.array(Place), cost: z.number() }).nullable(),
  }),
});

/** A path that a swarm found, beside the cheapest there is and what chance alone would take. */
export const PathReport = z.strictObject({
  path: z.array(Place),
  cost: z.number(),
  verdict: z.string(),
  iterations: z.int(),
  cheapest: z.strictObject({ path: z.array(Place), cost: z.number() }),
  /** The mean cost of walking at random until the goal is met. */
  randomWalk: z.number(),
});
export type PathReport = z.infer<typeof PathReport>;
