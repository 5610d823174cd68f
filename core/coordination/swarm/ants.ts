import { isShare } from '../millionths.ts';
import type { Environment } from './environment.ts';

/** An ant on its way. */
export interface Ant {
  readonly id: string;
  readonly at: string;
  /** From the start to where it is, without detours. */
  readonly trail: readonly string[];
  /** The path of its last trip that reached a resource. */
  readonly lastPath: readonly string[] | undefined;
  /** Trips that it has finished. */
  readonly trips: number;
  /** How many of the last ones went along `lastPath`, one after the other. */
  readonly streak: number;
}

/** A way that an ant found from the start to a resource. */
export interface Trip {
  readonly antId: string;
  readonly path: readonly string[];
  readonly cost: number;
  /** How strongly the ant wants it marked, 0 to 1. */
  readonly deposit: number;
}

/** What an agent answers for one of its ants: the places that it goes to, one after the other. */
export interface AntReply {
  readonly antId: string;
  readonly moves: readonly string[];
  /** @default 1 */
  readonly deposit?: number;
}

/** Why an ant stays where it is. */
export type ReplyRejection = 'unknown_ant' | 'second_reply' | 'too_far' | 'no_such_way' | 'invalid_deposit';

/** What is left of resources; a place that is not named is used up or never had any, `null` is never used up. */
export type ResourcesLeft = Readonly<Record<string, number | null>>;

/** The ants after they moved. */
export interface Moved {
  readonly ants: readonly Ant[];
  /** By ant id. */
  readonly trips: readonly Trip[];
  readonly resources: ResourcesLeft;
  readonly rejected: readonly { readonly antId: string; readonly reason: ReplyRejection }[];
}

/** As many ants at the start. */
export const hatchAnts = (environment: Environment, count: number): readonly Ant[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `ant-${index + 1}`,
    at: environment.start,
    trail: [environment.start],
    lastPath: undefined,
    trips: 0,
    streak: 0,
  }));

/** What is there before anybody has taken anything. */
export const allResources = ({ resources }: Environment): ResourcesLeft =>
  Object.fromEntries([...resources].map(([place, amount]) => [place, amount ?? null]));

/** A trail with the next place; who comes back to a place forgets the detour. */
const extend = (trail: readonly string[], place: string): readonly string[] => {
  const before = trail.indexOf(place);
  return before === -1 ? [...trail, place] : trail.slice(0, before + 1);
};

/** What it costs to go along a path; `undefined` if it cannot be gone. */
export const costOfPath = ({ ways }: Environment, path: readonly string[]): number | undefined => {
  let cost = 0;
  for (const [position, place] of path.entries()) {
    const next = path[position + 1];
    const way = ways.get(place)?.find(({ to }) => to === next);
    if (next !== undefined && way === undefined) return undefined;
    cost += way?.cost ?? 0;
  }
  return cost;
};

const rejectionOf = (
  ant: Ant | undefined,
  { moves, deposit }: AntReply,
  { environment, sight }: MoveRules,
): ReplyRejection | undefined => {
  if (ant === undefined) return 'unknown_ant';
  if (moves.length > sight) return 'too_far';
  if (deposit !== undefined && !isShare(deposit)) return 'invalid_deposit';
  return costOfPath(environment, [ant.at, ...moves]) === undefined ? 'no_such_way' : undefined;
};

const afterTrip = (ant: Ant, path: readonly string[], start: string): Ant => {
  const isSame = JSON.stringify(path) === JSON.stringify(ant.lastPath);
  const streak = isSame ? ant.streak + 1 : 1;
  return { id: ant.id, at: start, trail: [start], lastPath: path, trips: ant.trips + 1, streak };
};

/** Where ants move, and how far in one iteration. */
export interface MoveRules {
  readonly environment: Environment;
  /** In ways: what an ant sees, and so as far as it goes. */
  readonly sight: number;
}

/**
 * Moves each ant as its agent answered. An answer that names a way that does not exist, or more ways than an ant sees,
 * moves nobody. A trip ends at the first resource that still has something; the ant takes one and begins again. When more
 * ants arrive than there is to take, the lower ids take it, whoever answered first.
 */
export const moveAnts = (
  rules: MoveRules,
  state: Pick<Moved, 'ants' | 'resources'>,
  replies: readonly AntReply[],
): Moved => {
  const { environment } = rules;
  const byId = new Map(state.ants.map((ant) => [ant.id, ant]));
  const accepted = new Map<string, AntReply>();
  const rejected: { antId: string; reason: ReplyRejection }[] = [];
  for (const reply of replies) {
    const { antId } = reply;
    const reason = accepted.has(antId) ? 'second_reply' : rejectionOf(byId.get(antId), reply, rules);
    if (reason === undefined) accepted.set(antId, reply);
    else rejected.push({ antId, reason });
  }
  const left = new Map(Object.entries(state.resources));
  const trips: Trip[] = [];
  const walk = (ant: Ant, { moves, deposit = 1 }: AntReply): Ant => {
    let { trail } = ant;
    for (const place of moves) {
      trail = extend(trail, place);
      const amount = left.get(place);
      if (amount !== undefined) {
        if (amount === 1) left.delete(place);
        else if (amount !== null) left.set(place, amount - 1);
        trips.push({ antId: ant.id, path: trail, cost: costOfPath(environment, trail) ?? 0, deposit });
        return afterTrip(ant, trail, environment.start);
      }
    }
    return { ...ant, at: moves.at(-1) ?? ant.at, trail };
  };
  const moved = new Map<string, Ant>();
  for (const ant of state.ants.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const reply = accepted.get(ant.id);
    moved.set(ant.id, reply === undefined ? ant : walk(ant, reply));
  }
  return {
    ants: state.ants.map((ant) => moved.get(ant.id) ?? ant),
    trips,
    resources: Object.fromEntries(left),
    rejected,
  };
};
