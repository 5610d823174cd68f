import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Requirements, type Strategy } from '#core/contract/task.ts';
import { rank } from '#core/routing/rank.ts';
import type { RankRequest } from '#core/routing/strategy.ts';
import { createSeededRandomness } from '#test/support/recording-ports.ts';
import { type CandidateInput, candidateOf, nowMs } from './candidates.ts';

const strategies: readonly (Strategy | undefined)[] = [undefined, 'round_robin', 'least_loaded', 'capability_match'];

const inputs = fc.array(
  fc.record({
    load: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 }),
    maxConcurrency: fc.integer({ min: 1, max: 10 }),
    priority: fc.integer({ min: 0, max: 100 }),
    capabilities: fc.subarray([['x', 1] as const, ['y', 1] as const, ['z', 1] as const]),
  }),
  { maxLength: 8 },
);

const requestOf = (all: readonly CandidateInput[], seed = 1, turn = 0): RankRequest => {
  const random = createSeededRandomness(seed);
  return {
    task: {
      type: 't',
      requirements: Requirements.parse({ capabilities: ['x', 'y'] }),
      slotCost: 1,
      complexity: undefined,
    },
    candidates: all.map((input, index) => candidateOf(`agent-${index}`, input)),
    nowMs,
    random: () => random.fraction(),
    turn,
  };
};
const order = (strategy: Strategy | undefined, request: RankRequest): readonly string[] =>
  rank(strategy, request).ranked.map(({ candidate }) => candidate.agent.name);
const sum = (numbers: readonly number[] = []): number => numbers.reduce((total, number) => total + number, 0);

describe('rank', () => {
  it('ranks every candidate once, from best to worst, and changes nothing', () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom(...strategies), fc.nat(50), (all, strategy, turn) => {
        const request = requestOf(all, 1, turn);
        const before = structuredClone(request.candidates);
        const { ranked } = rank(strategy, request);
        const scores = ranked.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(ranked.map(({ candidate }) => candidate.agent.name).toSorted()).toEqual(
          request.candidates.map(({ agent }) => agent.name).toSorted(),
        );
        expect(request.candidates).toEqual(before);
      }),
    );
  });

  it('gives the same answer to the same question', () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom(...strategies), fc.nat(50), (all, strategy, seed) => {
        expect(order(strategy, requestOf(all, seed))).toEqual(order(strategy, requestOf(all, seed)));
      }),
    );
  });

  it('leaves equals to chance: each of three comes first about as often', () => {
    const random = createSeededRandomness(9);
    const first = new Map<string, number>();
    for (let round = 0; round < 600; round++) {
      const [name = ''] = order('least_loaded', { ...requestOf([{}, {}, {}]), random: () => random.fraction() });
      first.set(name, (first.get(name) ?? 0) + 1);
    }
    expect(first.size).toBe(3);
    for (const times of first.values()) expect(Math.abs(times - 200)).toBeLessThan(60);
  });

  it('uses least loaded when no strategy is named, and says so', () =>
    expect(rank(undefined, requestOf([{}]))).toMatchObject({ strategy: 'least_loaded', decidedBy: 'least_loaded' }));
});

describe('least_loaded', () => {
  it('never puts an agent before one that carries less', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const all = given.filter(({ load, maxConcurrency }) => sum(load) <= maxConcurrency);
        const loads = order('least_loaded', requestOf(all)).map((name) => sum(all[Number(name.slice(6))]?.load));
        expect(loads).toEqual(loads.toSorted((a, b) => a - b));
      }),
    );
  });

  it('among equals prefers the larger share of free slots, then priority', () => {
    expect(
      order(
        'least_loaded',
        requestOf([
          { load: [1], maxConcurrency: 2 },
          { load: [1], maxConcurrency: 9 },
        ]),
      ),
    ).toEqual(['agent-1', 'agent-0']);
    expect(order('least_loaded', requestOf([{ priority: 10 }, { priority: 90 }]))).toEqual(['agent-1', 'agent-0']);
  });
});

describe('round_robin', () => {
  it('gives each its turn: n turns in a row meet n agents, and the order goes round', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(1000), (count, from) => {
        const all = Array.from({ length: count }, () => ({}));
        const turns = Array.from(
          { length: 2 * count },
          (_, turn) => order('round_robin', requestOf(all, 1, from + turn))[0],
        );
        expect(new Set(turns.slice(0, count)).size).toBe(count);
        expect(turns.slice(count)).toEqual(turns.slice(0, count));
      }),
    );
  });

  it('does not look at load', () => {
    const orders = [[], [1, 1, 1]].map((load) => order('round_robin', requestOf([{ load }, {}, {}])));
    expect(orders[0]).toEqual(orders[1]);
  });
});

describe('capability_match', () => {
  it('scores 10 for each capability, 5 by success rate and −3 by load', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        for (const { candidate, score } of rank('capability_match', requestOf(all)).ranked) {
          const input = all[Number(candidate.agent.name.slice(6))];
          const matching = (input?.capabilities ?? []).filter(([name]) => name !== 'z').length;
          expect(score).toBeCloseTo(10 * matching + 5 - (3 * sum(input?.load)) / (input?.maxConcurrency ?? 1));
        }
      }),
    );
  });
});

describe('a day of 500 tasks', () => {
  const agents = [4, 2, 8, 1, 5];

  /** Gives out 500 tasks one at a time, each lasting as long as ten others take to come; returns how many each got. */
  const giveOut = (choose: (load: readonly (readonly number[])[], turn: number) => number): readonly number[] => {
    const load: number[][] = agents.map(() => []);
    const got = agents.map(() => 0);
    for (let turn = 0; turn < 500; turn++) {
      for (const carried of load) while ((carried[0] ?? turn) < turn - 9) carried.shift();
      const chosen = choose(load, turn);
      load[chosen]?.push(turn);
      got[chosen] = (got[chosen] ?? 0) + 1;
    }
    return got;
  };
  const free = (load: readonly (readonly number[])[]): readonly number[] =>
    agents.map((_, index) => index).filter((index) => (load[index]?.length ?? 0) < (agents[index] ?? 0));

  const byStrategy = (strategy: Strategy) =>
    giveOut((load, turn) => {
      const request = requestOf([], turn + 1, turn);
      const candidates = free(load).map((index) =>
        candidateOf(`agent-${index}`, {
          maxConcurrency: agents[index] ?? 1,
          load: (load[index] ?? []).map(() => 1),
          priority: 90 - index,
        }),
      );
      return Number(rank(strategy, { ...request, candidates }).ranked[0]?.candidate.agent.name.slice(6));
    });

  it('is spread by least_loaded as a plain computation spreads it', () => {
    const expected = giveOut((load) => {
      const size = (index: number) => load[index]?.length ?? 0;
      const share = (index: number) => 1 - size(index) / (agents[index] ?? 1);
      const best = free(load).toSorted((a, b) => size(a) - size(b) || share(b) - share(a) || a - b);
      return best[0] ?? 0;
    });
    expect(byStrategy('least_loaded')).toEqual(expected);
  });

  it('is spread by round_robin over all, none left out', () => {
    const got = byStrategy('round_robin');
    expect(sum(got)).toBe(500);
    expect(Math.min(...got)).toBeGreaterThan(40);
  });

  it('is spread by capability_match by the share of slots taken', () => {
    const expected = giveOut((load) => {
      const taken = (index: number) => (load[index]?.length ?? 0) / (agents[index] ?? 1);
      return free(load).toSorted((a, b) => taken(a) - taken(b))[0] ?? 0;
    });
    const got = byStrategy('capability_match');
    // Ties are broken at random here and by position there.
    got.forEach((count, index) => expect(Math.abs(count - (expected[index] ?? 0))).toBeLessThan(60));
  });
});
