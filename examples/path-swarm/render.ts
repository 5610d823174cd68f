import type { PathReport } from './graph.ts';

const ends: Readonly<Record<string, string>> = {
  converged: 'the ants agree',
  pattern: 'a trail stands out',
  cap: 'the last iteration is over',
};

/** A way to read. */
export function renderPath({ path, cost, verdict, iterations, cheapest, randomWalk }: PathReport): string {
  const share = Math.round((100 * cost) / cheapest.cost);
  return [
    path.join(' → '),
    `Cost ${cost} after ${iterations} iterations (${ends[verdict] ?? verdict})`,
    `The cheapest way costs ${cheapest.cost}: ${cheapest.path.join(' → ')} (the ants' is ${share} % of it)`,
    `Walking at random costs ${Math.round(randomWalk)} on average`,
  ].join('\n');
}
