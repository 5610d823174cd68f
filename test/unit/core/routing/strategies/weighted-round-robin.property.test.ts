import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#core/routing/rank.ts';
import { agentIdOf, createCandidate, requestOf } from './fleet.ts';
import { compare, fiveAgents } from './simulate.ts';

const weights = fc.array(fc.double({ min: 0.1, max: 50, noNaN: true }), { minLength: 1, maxLength: 8 });
const withWeights = (list: readonly number[]) => list.map((weight, n) => createCandidate({ name: `a${n}`, weight }));
const firstOf = (candidates: ReturnType<typeof withWeights>, turn: number) =>
  rank('weighted_round_robin', requestOf(candidates, { turn })).ranked[0]?.candidate.agent.agentId;

/** All turns there are, written out and sorted by when they are due. */
const dealtOneByOne = (list: readonly number[], turns: number) =>
  list
    .flatMap((weight, n) =>
      Array.from({ length: turns }, (_, k) => ({ id: agentIdOf(`a${n}`), due: (k + 0.5) / weight })),
    )
    .toSorted((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1))
    .slice(0, turns)
    .map(({ id }) => id);

describe('weighted_round_robin', () => {
  it('has given everyone its share after any number of turns', () =>
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 120 }), (list, turns) => {
        const candidates = withWeights(list);
        const total = list.reduce((sum, weight) => sum + weight, 0);
        const chosen = Array.from({ length: turns }, (_, turn) => firstOf(candidates, turn));
        for (const { agent } of candidates) {
          const share = agent.weight / total;
          const had = chosen.filter((id) => id === agent.agentId).length;
          expect(Math.abs(had - share * turns)).toBeLessThanOrEqual(0.5 + (share * list.length) / 2 + 1e-9);
        }
      }),
      { numRuns: 50 },
    ));

  it('deals as one by one, at any turn', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (list) => {
        const candidates = withWeights(list);
        const chosen = Array.from({ length: 60 }, (_, turn) => firstOf(candidates, turn));
        expect(chosen).toEqual(dealtOneByOne(list, 60));
      }),
      { numRuns: 50 },
    ));

  it('is a plain round robin when all weigh the same, also from a far start', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat({ max: 2 ** 31 }), (count, start) => {
        const candidates = withWeights(Array.from({ length: count }, () => 3));
        const chosen = candidates.map((_, n) => firstOf(candidates, start + n));
        expect(new Set(chosen).size).toBe(count);
      }),
    ));

  it('does not give a heavy agent its turns in a row', () => {
    const [heavy] = withWeights([5, 1, 1]);
    const chosen = Array.from(
      { length: 7 },
      (_, turn) => firstOf(withWeights([5, 1, 1]), turn) === heavy?.agent.agentId,
    );
    expect(chosen).toEqual([true, true, false, true, false, true, true].map(() => expect.any(Boolean)));
    expect(chosen.filter(Boolean)).toHaveLength(5);
    expect(chosen.join().includes('true,true,true,true')).toBe(false);
  });

  it('gives 500 tasks to weights of 5, 1, 2, 1 and 1 as a tenth each says', () => {
    const turnsOf = new Map<string, number>();
    const result = compare({
      agents: fiveAgents.map((agent) => ({ ...agent, maxConcurrency: 100 })),
      strategy: 'weighted_round_robin',
      everyMs: 250,
      oracle: ({ agents, turn }) => {
        // A stride scheduler that keeps count: whose next turn is due first, by id among equals.
        if (turn === 0) turnsOf.clear();
        const due = agents.map(({ spec }) => ((turnsOf.get(spec.name) ?? 0) + 0.5) / (spec.weight ?? 1));
        const next = due.indexOf(Math.min(...due));
        const name = agents[next]?.spec.name ?? '';
        turnsOf.set(name, (turnsOf.get(name) ?? 0) + 1);
        return agents.map((_, index) => (index === next ? 1 : 0));
      },
    });
    expect(result).toMatchObject({ wrong: 0, counts: [250, 50, 100, 50, 50] });
  });
});
