import { missingSides, type Totals, uncovered } from '#test/simulation/report.ts';
import type { Job } from './simulate-seeds.ts';

/**
 * How many places one run is aimed at, round after round. The death at one may keep a run from the next, so what a crowd
 * leaves over is tried in smaller ones; a run that is aimed at one place alone goes as it did before until it is there.
 */
const crowds = [32, 8, 3, 1] as const;

interface Target {
  readonly aim: string;
  readonly seeds: readonly number[];
}

const targetsOf = (totals: Totals): readonly Target[] =>
  uncovered(totals).flatMap((site) => {
    const use = totals.sites.get(site);
    const seeds = totals.visitors.get(site) ?? [];
    return use === undefined ? [] : missingSides(use).map((side) => ({ aim: `${site} ${side}`, seeds }));
  });

/** The seed that comes to most of the targets for its length; no more than `most` count. */
const worthiest = (targets: readonly Target[], { lengths }: Totals, most: number): number | undefined => {
  const counts = new Map<number, number>();
  for (const { seeds } of targets) for (const seed of seeds) counts.set(seed, (counts.get(seed) ?? 0) + 1);
  const worth = ([seed, count]: readonly [number, number]): number => Math.min(count, most) / (lengths.get(seed) ?? 1);
  return [...counts].toSorted((left, right) => worth(right) - worth(left))[0]?.[0];
};

/** Each target to one run, and as little as possible to run. */
const inCrowds = (targets: readonly Target[], totals: Totals, most: number): readonly Job[] => {
  const jobs: Job[] = [];
  let open = targets;
  for (let seed = worthiest(open, totals, most); seed !== undefined; seed = worthiest(open, totals, most)) {
    const chosen = seed;
    const taken = open.filter(({ seeds }) => seeds.includes(chosen)).slice(0, most);
    jobs.push({ seed, aims: taken.map(({ aim }) => aim) });
    open = open.filter((target) => !taken.includes(target));
  }
  return jobs;
};

/**
 * Runs of seeds that come to a place again, in which a handler dies there as well, on the side that is missing. `round`
 * counts from 0; none are left when every place is covered or everybody who comes there has been tried.
 */
export const aimedJobs = (totals: Totals, round: number): readonly Job[] => {
  const alone = round - (crowds.length - 1);
  // Alone, another visitor each time.
  const targets = targetsOf(totals).map(({ aim, seeds }) => ({
    aim,
    seeds: alone < 0 ? seeds : seeds.slice(alone, alone + 1),
  }));
  return inCrowds(targets, totals, crowds[round] ?? 1);
};
