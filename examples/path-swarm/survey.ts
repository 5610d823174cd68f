import type * as z from 'zod';
import { TaskFailure } from '#sdk/index.ts';
import type { Graph, PathReport, SurveyInput } from './graph.ts';
import { seededRandom } from './seeded-random.ts';

interface Way {
  readonly to: string;
  readonly cost: number;
}

const walks = 100;
/** A walk that is longer counts as this long. */
const maxSteps = 5000;

/**
 * Measures a path anew, and puts it beside the cheapest (Dijkstra's) and walks at random.
 * @throws TaskFailure NO_PATH when the swarm found none, WRONG_PATH when it cannot be gone as it is said to be
 */
export function survey({ found, ...graph }: z.infer<typeof SurveyInput>): PathReport {
  const ways = waysOf(graph);
  const { best, verdict, iterations } = found;
  if (best === null) throw failure('NO_PATH', `The ants found no way in ${iterations} iterations`);
  const cost = costOf(ways, best.path);
  const isWhole = best.path[0] === graph.start && best.path.at(-1) === graph.goal;
  if (!isWhole || cost === undefined || Math.abs(cost - best.cost) > 1e-6)
    throw failure('WRONG_PATH', `${best.path.join(' → ')} is no way of cost ${best.cost}`);
  const cheapest = cheapestPath(ways, graph);
  return { path: best.path, cost, verdict, iterations, cheapest, randomWalk: randomWalk(ways, graph) };
}

function failure(code: string, message: string): TaskFailure {
  return new TaskFailure(code, message, { retryable: false });
}

/** From each place; of several ways between two the cheapest. */
function waysOf({ edges }: Pick<Graph, 'edges'>): ReadonlyMap<string, readonly Way[]> {
  const both = edges.flatMap(({ from, to, cost }) => [
    { from, to, cost },
    { from: to, to: from, cost },
  ]);
  const places = Map.groupBy(both, ({ from }) => from);
  return new Map(
    [...places].map(([place, ways]) => {
      const byTarget = Map.groupBy(ways, ({ to }) => to);
      return [
        place,
        [...byTarget].map(([to, parallel]) => ({ to, cost: Math.min(...parallel.map(({ cost }) => cost)) })),
      ];
    }),
  );
}

function costOf(ways: ReadonlyMap<string, readonly Way[]>, path: readonly string[]): number | undefined {
  let sum = 0;
  for (const [index, place] of path.slice(1).entries()) {
    const way = ways.get(path[index] ?? '')?.find(({ to }) => to === place);
    if (way === undefined) return undefined;
    sum += way.cost;
  }
  return sum;
}

function cheapestPath(ways: ReadonlyMap<string, readonly Way[]>, { start, goal }: Graph): PathReport['cheapest'] {
  const known = new Map([[start, { path: [start], cost: 0 }]]);
  const settled = new Set<string>();
  for (;;) {
    const open = [...known]
      .filter(([place]) => !settled.has(place))
      .toSorted(([, one], [, two]) => one.cost - two.cost);
    const [nearest] = open;
    if (nearest === undefined) throw failure('NO_PATH', `No way leads from ${start} to ${goal}`);
    const [place, reached] = nearest;
    if (place === goal) return reached;
    settled.add(place);
    for (const { to, cost } of ways.get(place) ?? []) {
      const sum = reached.cost + cost;
      if (sum < (known.get(to)?.cost ?? Infinity)) known.set(to, { path: [...reached.path, to], cost: sum });
    }
  }
}

function randomWalk(ways: ReadonlyMap<string, readonly Way[]>, { start, goal }: Graph): number {
  const random = seededRandom(`walks from ${start} to ${goal}`);
  let sum = 0;
  for (let walk = 0; walk < walks; walk += 1) {
    let at = start;
    for (let steps = 0; at !== goal && steps < maxSteps; steps += 1) {
      const open = ways.get(at) ?? [];
      const way = open[Math.floor(random() * open.length)];
      if (way === undefined) break;
      sum += way.cost;
      at = way.to;
    }
  }
  return sum / walks;
}
