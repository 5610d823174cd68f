import type { Ant, ResourcesLeft } from './ants.ts';
import type { Environment } from './environment.ts';
import { type Pheromones, strengthOf } from './pheromones.ts';

/** What one ant can know: what lies within its sight, and nothing else of the environment. */
export interface LocalView {
  readonly antId: string;
  readonly at: string;
  readonly trail: readonly string[];
  /** Ways between places in sight. Strength is a share of the strongest way's anywhere, 0 to 1. */
  readonly ways: readonly {
    readonly from: string;
    readonly to: string;
    readonly cost: number;
    readonly strength: number;
  }[];
  readonly resources: readonly string[];
  /** Other ants in sight. */
  readonly neighbours: readonly { readonly antId: string; readonly at: string }[];
}

/** The swarm as an ant looks at it. */
export interface Surroundings {
  readonly environment: Environment;
  readonly pheromones: Pheromones;
  readonly resources: ResourcesLeft;
  readonly ants: readonly Ant[];
  readonly sight: number;
}

/** Places at most `sight` ways from one. */
const placesInSight = ({ environment, sight }: Surroundings, at: string): ReadonlySet<string> => {
  const seen = new Set([at]);
  let front = [at];
  for (let step = 0; step < sight; step++) {
    front = front
      .flatMap((place) => (environment.ways.get(place) ?? []).map(({ to }) => to))
      .filter((place) => !seen.has(place));
    for (const place of front) seen.add(place);
  }
  return seen;
};

/** What an ant sees. */
export const localView = (surroundings: Surroundings, ant: Ant): LocalView => {
  const { environment, pheromones, resources, ants } = surroundings;
  const seen = placesInSight(surroundings, ant.at);
  const strength = strengthOf(pheromones);
  return {
    antId: ant.id,
    at: ant.at,
    trail: ant.trail,
    ways: [...seen].flatMap((from) =>
      (environment.ways.get(from) ?? [])
        .filter(({ to }) => from < to && seen.has(to))
        .map(({ to, cost, edge }) => ({ from, to, cost, strength: strength(edge) })),
    ),
    resources: [...seen].filter((place) => Object.hasOwn(resources, place)),
    neighbours: ants
      .filter((other) => other.id !== ant.id && seen.has(other.at))
      .map(({ id, at }) => ({ antId: id, at })),
  };
};
