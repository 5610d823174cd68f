import {
  type Ant,
  type AntReply,
  allResources,
  hatchAnts,
  type Moved,
  type MoveRules,
  moveAnts,
  type Trip,
} from './ants.ts';
import { type Convergence, type DetectionRules, detectConvergence, detectPattern, type Pattern } from './detect.ts';
import { type Environment, edgeOf } from './environment.ts';
import { applyDeposits, type Deposit, type Pheromones } from './pheromones.ts';

/** A swarm between two iterations. */
export interface SwarmState {
  /** Iterations done. */
  readonly iteration: number;
  readonly ants: readonly Ant[];
  readonly pheromones: Pheromones;
  readonly resources: Moved['resources'];
  /** The cheapest trip so far. */
  readonly best: Pick<Trip, 'path' | 'cost'> | undefined;
}

/** By what a swarm lives, and when it stops. */
export interface SwarmRules extends MoveRules, DetectionRules {
  readonly evaporation: number;
  readonly maxIterations: number;
}

/** Why a swarm goes on or stops. */
export type SwarmVerdict = 'goes_on' | 'converged' | 'pattern' | 'used_up' | 'cap';

/** A swarm after an iteration. */
export interface Iterated {
  readonly state: SwarmState;
  readonly verdict: SwarmVerdict;
  readonly convergence: Convergence;
  readonly pattern: Pattern | undefined;
  readonly trips: readonly Trip[];
  readonly rejected: Moved['rejected'];
}

/** A swarm of as many ants before its first iteration. */
export const beginSwarm = (environment: Environment, antCount: number): SwarmState => ({
  iteration: 0,
  ants: hatchAnts(environment, antCount),
  pheromones: {},
  resources: allResources(environment),
  best: undefined,
});

const betterOf = (best: SwarmState['best'], trips: readonly Trip[]): SwarmState['best'] =>
  trips.reduce<SwarmState['best']>((kept, { path, cost }) => {
    if (kept === undefined || cost < kept.cost) return { path, cost };
    return cost === kept.cost && JSON.stringify(path) < JSON.stringify(kept.path) ? { path, cost } : kept;
  }, best);

/** Every trip marks its path: the cheaper the stronger, all ants together at most 1 on a way. */
const depositsOf = (trips: readonly Trip[], bestCost: number, antCount: number): readonly Deposit[] =>
  trips.flatMap(({ path, cost, deposit }) =>
    path.slice(1).map((place, position) => ({
      edge: edgeOf(path[position] ?? '', place),
      amount: (deposit * (bestCost / cost)) / antCount,
    })),
  );

const verdictOf = (next: Omit<Iterated, 'verdict'>, { environment, maxIterations }: SwarmRules): SwarmVerdict => {
  if (next.convergence.isReached) return 'converged';
  if (next.pattern !== undefined) return 'pattern';
  if (environment.resources.size > 0 && Object.keys(next.state.resources).length === 0) return 'used_up';
  return next.state.iteration >= maxIterations ? 'cap' : 'goes_on';
};

/**
 * One iteration: ants move as their agents answered, what they found is marked, some of what was marked evaporates. It
 * depends on what was answered, not on the order in which it came.
 */
export const iterate = (state: SwarmState, rules: SwarmRules, replies: readonly AntReply[]): Iterated => {
  const { environment, evaporation } = rules;
  const moved = moveAnts(rules, state, replies);
  const best = betterOf(state.best, moved.trips);
  const deposits = depositsOf(moved.trips, best?.cost ?? 0, state.ants.length);
  const next: SwarmState = {
    iteration: state.iteration + 1,
    ants: moved.ants,
    pheromones: applyDeposits(state.pheromones, deposits, evaporation),
    resources: moved.resources,
    best,
  };
  const picture = { environment, ants: next.ants, pheromones: next.pheromones };
  const result = {
    state: next,
    convergence: detectConvergence(picture, rules),
    pattern: detectPattern(picture, rules),
    trips: moved.trips,
    rejected: moved.rejected,
  };
  return { ...result, verdict: verdictOf(result, rules) };
};
