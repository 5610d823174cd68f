import { AppError } from '../../errors/app-error.ts';

/** A cell of a grid. */
export interface Cell {
  readonly x: number;
  readonly y: number;
}

/** Places and ways between them that ants go both ways; a way's cost is above 0. */
export interface GraphSpec {
  readonly kind: 'graph';
  readonly edges: readonly { readonly from: string; readonly to: string; readonly cost: number }[];
  readonly start: string;
  /** What ants look for; without an amount it is never used up. */
  readonly resources: readonly { readonly at: string; readonly amount?: number }[];
  /** Places that nobody can enter. */
  readonly obstacles?: readonly string[];
}

/** Cells from 0,0; a step to a cell beside costs 1, across a corner √2. A cell's place is called `x,y`. */
export interface GridSpec {
  readonly kind: 'grid';
  readonly width: number;
  readonly height: number;
  /** Whether ants go across corners too. */
  readonly neighbours: 4 | 8;
  readonly start: Cell;
  readonly resources: readonly (Cell & { readonly amount?: number })[];
  readonly obstacles?: readonly Cell[];
}

/** Where a swarm is. */
export type EnvironmentSpec = GraphSpec | GridSpec;

/** A way to a neighbouring place. `edge` is the same in both directions. */
export interface Way {
  readonly to: string;
  readonly cost: number;
  readonly edge: string;
}

/** An environment as ants walk it. */
export interface Environment {
  readonly start: string;
  /** Ways from each place, by the names of where they lead. */
  readonly ways: ReadonlyMap<string, readonly Way[]>;
  /** Where resources are at the beginning; `undefined` is never used up. */
  readonly resources: ReadonlyMap<string, number | undefined>;
}

/** An environment that nobody could walk. */
export class InvalidEnvironmentError extends AppError {
  override readonly name = 'InvalidEnvironmentError';
  constructor(field: string, message: string) {
    super('INVALID_DEFINITION', message, { field: `environment.${field}` });
  }
}

const placeOf = ({ x, y }: Cell): string => `${x},${y}`;

/** The name of the way between two places, whichever way it is gone. */
export const edgeOf = (a: string, b: string): string => JSON.stringify(a < b ? [a, b] : [b, a]);

const straight: readonly Cell[] = [
  { x: 1, y: 0 },
  { x: 0, y: 1 },
];
const across: readonly Cell[] = [
  { x: 1, y: 1 },
  { x: 1, y: -1 },
];

const asGraph = (grid: GridSpec): GraphSpec => {
  const isInside = ({ x, y }: Cell): boolean => x >= 0 && y >= 0 && x < grid.width && y < grid.height;
  const cells = Array.from({ length: grid.width * grid.height }, (_, index) => ({
    x: index % grid.width,
    y: Math.floor(index / grid.width),
  }));
  const edges = cells.flatMap((cell) =>
    [...straight, ...(grid.neighbours === 8 ? across : [])]
      .map((step) => ({ to: { x: cell.x + step.x, y: cell.y + step.y }, cost: Math.hypot(step.x, step.y) }))
      .filter(({ to }) => isInside(to))
      .map(({ to, cost }) => ({ from: placeOf(cell), to: placeOf(to), cost })),
  );
  return {
    kind: 'graph',
    edges,
    start: placeOf(grid.start),
    resources: grid.resources.map(({ amount, ...cell }) => ({
      at: placeOf(cell),
      ...(amount === undefined ? {} : { amount }),
    })),
    obstacles: (grid.obstacles ?? []).map(placeOf),
  };
};

const check = ({ edges, start, resources, obstacles = [] }: GraphSpec): void => {
  const places = new Set([start, ...edges.flatMap(({ from, to }) => [from, to])]);
  const bad = edges.find(({ cost }) => !Number.isFinite(cost) || cost <= 0);
  if (bad !== undefined)
    throw new InvalidEnvironmentError('edges', `The way from ${bad.from} to ${bad.to} must cost more than 0.`);
  if (!edges.some(({ from, to }) => from === start || to === start))
    throw new InvalidEnvironmentError('start', `No way leads from the start, ${start}.`);
  if (obstacles.includes(start)) throw new InvalidEnvironmentError('start', `The start, ${start}, is an obstacle.`);
  for (const { at, amount } of resources) {
    if (!places.has(at) || obstacles.includes(at))
      throw new InvalidEnvironmentError('resources', `There is no free place ${at} for a resource.`);
    if (at === start) throw new InvalidEnvironmentError('resources', `The resource at ${at} is where ants start.`);
    if (amount !== undefined && !(Number.isInteger(amount) && amount > 0))
      throw new InvalidEnvironmentError('resources', `The amount at ${at} must be a whole number above 0.`);
  }
};

/**
 * Makes an environment of its description. Of several ways between the same two places the cheapest is kept.
 * @throws InvalidEnvironmentError naming the field.
 */
export const buildEnvironment = (spec: EnvironmentSpec): Environment => {
  const graph = spec.kind === 'grid' ? asGraph(spec) : spec;
  check(graph);
  const blocked = new Set(graph.obstacles ?? []);
  const cheapest = new Map<string, { readonly a: string; readonly b: string; readonly cost: number }>();
  for (const { from, to, cost } of graph.edges) {
    const edge = edgeOf(from, to);
    const isOpen = from !== to && !blocked.has(from) && !blocked.has(to);
    if (isOpen && cost < (cheapest.get(edge)?.cost ?? Number.POSITIVE_INFINITY))
      cheapest.set(edge, { a: from, b: to, cost });
  }
  const ways = new Map<string, Way[]>();
  const add = (from: string, way: Way): void => {
    ways.set(from, [...(ways.get(from) ?? []), way]);
  };
  for (const [edge, { a, b, cost }] of cheapest) {
    add(a, { to: b, cost, edge });
    add(b, { to: a, cost, edge });
  }
  for (const list of ways.values()) list.sort((a, b) => (a.to < b.to ? -1 : 1));
  return { start: graph.start, ways, resources: new Map(graph.resources.map(({ at, amount }) => [at, amount])) };
};
