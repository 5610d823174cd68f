import { expect } from 'vitest';
import * as z from 'zod';
import { type Checker, Dice } from './checker.ts';

/** A graph with a start and one place to find. */
export interface Maze {
  readonly edges: { from: string; to: string; cost: number }[];
  readonly start: string;
  readonly goal: string;
}

/** Connected: a random tree with chords, a few of them short cuts. */
export const mazeOf = (seed: number): Maze => {
  const dice = new Dice(seed);
  const count = dice.whole(8, 14);
  const place = (index: number): string => `p${index}`;
  const edges = dice.times(count - 1, (index) => ({
    from: place(dice.whole(Math.max(0, index - 2), index)),
    to: place(index + 1),
    cost: dice.whole(1, 9),
  }));
  const chords = dice
    .times(count, () => ({ from: dice.whole(0, count - 1), to: dice.whole(0, count - 1), cost: dice.whole(1, 12) }))
    .filter(({ from, to }) => from !== to && !(Math.min(from, to) === 0 && Math.max(from, to) === count - 1))
    .map(({ from, to, cost }) => ({ from: place(from), to: place(to), cost }));
  return { edges: [...edges, ...chords], start: place(0), goal: place(count - 1) };
};

const neighbours = ({ edges }: Maze, at: string): { to: string; cost: number }[] =>
  edges.flatMap(({ from, to, cost }) => [
    ...(from === at ? [{ to, cost }] : []),
    ...(to === at ? [{ to: from, cost }] : []),
  ]);

/** The cheapest way there is. */
export const shortest = (maze: Maze): number => {
  const known = new Map([[maze.start, 0]]);
  const open = new Set([maze.start]);
  while (open.size > 0) {
    const [at] = [...open].toSorted((one, other) => (known.get(one) ?? 0) - (known.get(other) ?? 0));
    if (at === undefined) break;
    open.delete(at);
    for (const { to, cost } of neighbours(maze, at)) {
      const through = (known.get(at) ?? 0) + cost;
      if (through >= (known.get(to) ?? Infinity)) continue;
      known.set(to, through);
      open.add(to);
    }
  }
  return known.get(maze.goal) ?? Infinity;
};

/** What it costs on average to find the goal by chance, detours included. */
export const randomWalk = (maze: Maze, seed: number): number => {
  const dice = new Dice(seed + 77);
  const walks = dice.times(50, () => {
    let at = maze.start;
    let spent = 0;
    while (at !== maze.goal && spent < 10_000) {
      const { to, cost } = dice.pick(neighbours(maze, at));
      at = to;
      spent += cost;
    }
    return spent;
  });
  return walks.reduce((sum, each) => sum + each, 0) / walks.length;
};

const Report = z.looseObject({
  path: z.array(z.string()),
  cost: z.number(),
  cheapest: z.looseObject({ path: z.array(z.string()), cost: z.number() }),
  randomWalk: z.number(),
});

/** What a path of the maze really costs. */
export const costOf = (maze: Maze, path: readonly string[]): number =>
  path.slice(1).reduce((sum, place, index) => {
    const ways = neighbours(maze, path[index] ?? '').filter(({ to }) => to === place);
    return sum + Math.min(...ways.map(({ cost }) => cost));
  }, 0);

export const pathSwarmChecker: Checker = {
  input: (seed) => {
    const { edges, start, goal } = mazeOf(seed);
    return { edges, start, goal };
  },
  async check(seed, given) {
    const maze = mazeOf(seed);
    const { path, cost, cheapest, randomWalk: walked } = Report.parse(given);
    expect([path[0], path.at(-1)]).toEqual([maze.start, maze.goal]);
    expect(cost).toBeCloseTo(costOf(maze, path));
    expect(cost).toBeLessThanOrEqual(1.25 * shortest(maze));
    expect(cost).toBeLessThan(randomWalk(maze, seed));
    expect(cheapest.cost).toBeCloseTo(shortest(maze));
    expect(costOf(maze, cheapest.path)).toBeCloseTo(cheapest.cost);
    expect(walked).toBeGreaterThan(cost);
  },
};
