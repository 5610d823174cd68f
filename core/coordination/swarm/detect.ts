import type { Ant } from './ants.ts';
import { type Environment, edgeOf } from './environment.ts';
import { type Pheromones, strengthOf } from './pheromones.ts';

/** From when on a swarm is at one. */
export interface DetectionRules {
  /** Share of the ants, 0 to 1. */
  readonly convergence: number;
  /** Strength that every way of a trail has, as a share of the strongest, 0 to 1. */
  readonly minStrength: number;
}

/** The swarm as far as it has come. */
export interface SwarmPicture {
  readonly environment: Environment;
  readonly ants: readonly Ant[];
  readonly pheromones: Pheromones;
}

/**
 * Trips one after the other along one path until an ant counts as settled on it, and trips until it counts as experienced.
 * One trip proves nothing: ants that walk at random agree by chance every few iterations.
 */
export const settledTrips = 3;

/** The path that most ants have settled on, and whether they are enough on a strong enough trail. */
export interface Convergence {
  readonly isReached: boolean;
  readonly path: readonly string[] | undefined;
  /** Share of all ants that have settled on it, those included that never found anything. */
  readonly share: number;
  /** Strength of the path's weakest way. */
  readonly strength: number;
}

const edgesOf = (path: readonly string[]): readonly string[] =>
  path.slice(1).map((place, position) => edgeOf(path[position] ?? '', place));

/** Whether the swarm agrees: enough ants have settled on the same path, and all of it is marked strongly. */
export const detectConvergence = (
  { ants, pheromones }: SwarmPicture,
  { convergence, minStrength }: DetectionRules,
): Convergence => {
  const groups = Map.groupBy(
    ants.flatMap(({ lastPath, streak }) => (lastPath === undefined || streak < settledTrips ? [] : [lastPath])),
    (path) => JSON.stringify(path),
  );
  const [most] = [...groups].toSorted(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1));
  if (most === undefined) return { isReached: false, path: undefined, share: 0, strength: 0 };
  const [, paths] = most;
  const path = paths[0] ?? [];
  const share = paths.length / ants.length;
  const strength = Math.min(...edgesOf(path).map(strengthOf(pheromones)));
  return { isReached: share >= convergence && strength >= minStrength, path, share, strength };
};

/** Something that emerged without anybody's plan. */
export type Pattern =
  /** A strong trail from the start to a resource that holds most of all pheromone. */
  | { readonly kind: 'trail'; readonly path: readonly string[]; readonly concentration: number }
  /** Where there is nothing to find: most ants in one place other than where they began. */
  | { readonly kind: 'gathering'; readonly at: string; readonly share: number };

/** Shortest in ways among the ways that are strong, the first by name among equals. */
const strongTrail = ({ environment, pheromones }: SwarmPicture, minStrength: number): readonly string[] | undefined => {
  const strength = strengthOf(pheromones);
  const cameFrom = new Map<string, string | undefined>([[environment.start, undefined]]);
  const queue = [environment.start];
  for (const place of queue) {
    if (environment.resources.has(place)) {
      const path: string[] = [];
      for (let step: string | undefined = place; step !== undefined; step = cameFrom.get(step)) path.unshift(step);
      return path;
    }
    for (const { to, edge } of environment.ways.get(place) ?? [])
      if (!cameFrom.has(to) && strength(edge) > 0 && strength(edge) >= minStrength) {
        cameFrom.set(to, place);
        queue.push(to);
      }
  }
  return undefined;
};

const gathering = ({ environment, ants }: SwarmPicture, convergence: number): Pattern | undefined => {
  const places = Map.groupBy(ants, ({ at }) => at);
  for (const [at, there] of places) {
    const share = there.length / ants.length;
    if (at !== environment.start && share >= convergence) return { kind: 'gathering', at, share };
  }
  return undefined;
};

/**
 * A pattern, if one has emerged. A trail counts once enough ants are experienced, so that a lucky ant's first trip is none.
 */
export const detectPattern = (picture: SwarmPicture, rules: DetectionRules): Pattern | undefined => {
  const { environment, ants, pheromones } = picture;
  if (environment.resources.size === 0) return gathering(picture, rules.convergence);
  const experienced = ants.filter(({ trips }) => trips >= settledTrips).length;
  const path = strongTrail(picture, rules.minStrength);
  if (path === undefined || experienced < rules.convergence * ants.length) return undefined;
  const all = Object.values(pheromones).reduce((sum, strength) => sum + strength, 0);
  const concentration = edgesOf(path).reduce((sum, edge) => sum + (pheromones[edge] ?? 0), 0) / all;
  return concentration >= rules.convergence ? { kind: 'trail', path, concentration } : undefined;
};
