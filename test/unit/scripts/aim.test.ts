import { describe, expect, it } from 'vitest';
import { dramasOf } from '#test/simulation/dramas.ts';
import type { Totals } from '#test/simulation/report.ts';
import { aimedJobs } from '../../../scripts/aim.ts';

/** Places with the seeds that come there, and how often a handler died before and after. */
const totalsOf = (
  places: Readonly<Record<string, { readonly seeds: readonly number[]; readonly killed: readonly [number, number] }>>,
): Totals => ({
  seeds: 3,
  steps: 0,
  tasks: 0,
  runs: 0,
  faults: new Map(),
  sites: new Map(
    Object.entries(places).map(
      ([
        site,
        {
          killed: [killedBefore, killedAfter],
        },
      ]) => [site, { calls: 1, killedBefore, killedAfter }],
    ),
  ),
  failed: [],
  lengths: new Map([
    [1, 10],
    [2, 10],
    [3, 10],
    [4, 500],
    [7, 100],
  ]),
  visitors: new Map(Object.entries(places).map(([site, { seeds }]) => [site, [...seeds]])),
});

describe('aimedJobs', () => {
  it('aims the seed that comes to most places at all of them, and another at what is left', () => {
    const totals = totalsOf({
      a: { seeds: [1, 2], killed: [0, 0] },
      b: { seeds: [2], killed: [1, 0] },
      c: { seeds: [3], killed: [0, 4] },
      covered: { seeds: [3], killed: [1, 1] },
      '(harness)': { seeds: [3], killed: [0, 0] },
      unreached: { seeds: [], killed: [0, 0] },
    });
    expect(aimedJobs(totals, 0)).toEqual([
      { seed: 2, aims: ['a before', 'a after', 'b after'] },
      { seed: 3, aims: ['c before'] },
    ]);
  });

  it('aims at one place alone in the end, by another visitor each round, until there is none', () => {
    const totals = totalsOf({ a: { seeds: [4, 7], killed: [0, 0] } });
    const both = (seed: number) => [
      { seed, aims: ['a before'] },
      { seed, aims: ['a after'] },
    ];
    expect([3, 4, 5].map((round) => aimedJobs(totals, round))).toEqual([both(4), both(7), []]);
  });

  it('prefers seeds that are soon over', () => {
    const totals = totalsOf({ a: { seeds: [4, 7], killed: [0, 1] } });
    expect(aimedJobs(totals, 0)).toEqual([{ seed: 7, aims: ['a before'] }]);
  });

  it('does not ask too much of one run', () => {
    const places = Array.from({ length: 40 }, (_, index) => [`p${index}`, { seeds: [1], killed: [0, 1] }] as const);
    const jobs = aimedJobs(totalsOf(Object.fromEntries(places)), 0);
    expect(jobs.map(({ aims }) => aims?.length)).toEqual([32, 8]);
  });
});

describe('dramasOf', () => {
  it('plays every drama within eleven seeds, for either tenant', () => {
    for (const tenant of ['acme', 'globex']) {
      const played = Array.from({ length: 11 }, (_, index) => dramasOf(index + 1, tenant)).flat();
      expect(new Set(played).size).toBe(11);
      expect(played).toHaveLength(22);
    }
  });
});
