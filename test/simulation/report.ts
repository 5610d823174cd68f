import type { SimulationResult } from './simulate.ts';
import { listSites } from './sites.ts';
import type { SiteUse } from './world.ts';

/** What many seeds add up to. */
export interface Totals {
  seeds: number;
  steps: number;
  tasks: number;
  runs: number;
  readonly faults: Map<string, number>;
  readonly sites: Map<string, SiteUse>;
  readonly failed: SimulationResult[];
  /** Some seeds that come to a place. */
  readonly visitors: Map<string, number[]>;
  /** How many steps each seed took that was aimed at nothing. */
  readonly lengths: Map<number, number>;
}

export const newTotals = (): Totals => ({
  seeds: 0,
  steps: 0,
  tasks: 0,
  runs: 0,
  faults: new Map(),
  sites: new Map(listSites().map((site) => [site, { calls: 0, killedBefore: 0, killedAfter: 0 }])),
  failed: [],
  visitors: new Map(),
  lengths: new Map(),
});

/** Seeds kept for each place: so many are aimed at it before it counts as out of reach. */
const keptVisitors = 40;

const addSite = (totals: Totals, site: string, use: SiteUse): void => {
  const sum = totals.sites.get(site) ?? { calls: 0, killedBefore: 0, killedAfter: 0 };
  totals.sites.set(site, sum);
  sum.calls += use.calls;
  sum.killedBefore += use.killedBefore;
  sum.killedAfter += use.killedAfter;
};

/** Adds one seed. */
export const addResult = (totals: Totals, result: SimulationResult): void => {
  totals.seeds += 1;
  totals.steps += result.steps;
  if (result.aims.length === 0) totals.lengths.set(result.seed, result.steps);
  totals.tasks += result.tasks;
  totals.runs += result.runs;
  for (const [kind, count] of result.faults) totals.faults.set(kind, (totals.faults.get(kind) ?? 0) + count);
  for (const [site, use] of result.sites) {
    addSite(totals, site, use);
    const visitors = totals.visitors.get(site) ?? [];
    totals.visitors.set(site, visitors);
    if (result.aims.length === 0 && visitors.length < keptVisitors) visitors.push(result.seed);
  }
  if (result.violations.length > 0) totals.failed.push(result);
};

/** The sides of a site on which no handler was killed. */
export const missingSides = ({ killedBefore, killedAfter }: SiteUse): readonly ('before' | 'after')[] => [
  ...(killedBefore === 0 ? (['before'] as const) : []),
  ...(killedAfter === 0 ? (['after'] as const) : []),
];

/** Sites in core that no handler was killed at, before or after. */
export const uncovered = (totals: Totals): readonly string[] =>
  [...totals.sites]
    .filter(([site, use]) => !site.startsWith('(') && missingSides(use).length > 0)
    .map(([site]) => site);

const byCount = ([, left]: [string, number], [, right]: [string, number]): number => right - left;

/** The faults that happened, most frequent first. */
export const faultLines = (totals: Totals): readonly string[] =>
  [...totals.faults].toSorted(byCount).map(([kind, count]) => `${String(count).padStart(9)}  ${kind}`);

/** Every place in core that calls a port, with how often it was reached and how often a handler died there. */
export const siteLines = (totals: Totals): readonly string[] =>
  [...totals.sites]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([site, { calls, killedBefore, killedAfter }]) => {
      const mark = killedBefore === 0 || killedAfter === 0 ? '!' : ' ';
      return `${mark}${String(calls).padStart(9)} ${String(killedBefore).padStart(7)} ${String(killedAfter).padStart(7)}  ${site}`;
    });
