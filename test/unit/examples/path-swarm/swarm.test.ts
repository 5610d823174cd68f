import { describe, expect, it } from 'vitest';
import { buildEnvironment } from '#core/coordination/swarm/environment.ts';
import { beginSwarm, iterate, type SwarmRules, type SwarmState } from '#core/coordination/swarm/iterate.ts';
import { localView } from '#core/coordination/swarm/local-view.ts';
import { chooseWay } from '../../../../examples/path-swarm/choose-way.ts';
import { seededRandom } from '../../../../examples/path-swarm/seeded-random.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { mazeOf, pathSwarmChecker, shortest } from '../../../support/examples/path-swarm.ts';

/** The ants over the platform's own rules, without the platform. */
const search = (seed: number, options: { isAsleep?: boolean } = {}): SwarmState => {
  const { edges, start, goal } = mazeOf(seed);
  const environment = buildEnvironment({ kind: 'graph', edges, start, resources: [{ at: goal }] });
  const rules: SwarmRules = {
    environment,
    sight: 1,
    evaporation: 0.1,
    maxIterations: 150,
    minStrength: 0.7,
    convergence: 0.8,
  };
  let state = beginSwarm(environment, 20);
  for (;;) {
    const views = state.ants.map((ant) => localView({ ...state, environment, sight: 1 }, ant));
    const random = seededRandom(`${seed} ${state.iteration}`);
    const replies =
      options.isAsleep === true
        ? []
        : views.map((view) =>
            chooseWay(
              { ...view, trail: [...view.trail], ways: [...view.ways], resources: [...view.resources] },
              random,
            ),
          );
    const next = iterate(state, rules, replies);
    state = next.state;
    if (next.verdict !== 'goes_on') return state;
  }
};

describe('a swarm on ten graphs', () => {
  it.each(checkedSeeds)('finds a path close to the cheapest (seed %i)', async (seed) => {
    await expect(pathSwarmChecker.check(seed, search(seed).best)).resolves.toBeUndefined();
  });

  it('finds the cheapest itself on most', () => {
    const ratios = checkedSeeds.map((seed) => (search(seed).best?.cost ?? Infinity) / shortest(mazeOf(seed)));
    expect(ratios.filter((ratio) => ratio < 1.0001).length).toBeGreaterThanOrEqual(7);
  });

  it('makes no progress while its agents are asleep', () => {
    const state = search(1, { isAsleep: true });
    expect(state.best).toBeUndefined();
    expect(state.pheromones).toEqual({});
  });
});

describe('an ant', () => {
  const view = { antId: 'a', at: 'x', trail: ['s', 'x'], resources: [] };
  const way = (to: string, strength: number, cost = 1) => ({ from: 'x', to, cost, strength });
  const shareOf = (to: string, ways: ReturnType<typeof way>[], resources: string[] = []): number => {
    const random = seededRandom('share');
    const chosen = Array.from({ length: 1000 }, () => chooseWay({ ...view, ways, resources }, random).moves[0]);
    return chosen.filter((each) => each === to).length / 1000;
  };

  it('prefers what is marked and what is cheap, yet not always', () => {
    expect(shareOf('b', [way('b', 0.5), way('c', 0)])).toBeGreaterThan(0.8);
    expect(shareOf('c', [way('b', 0.5), way('c', 0.2)])).toBeGreaterThan(0.05);
    expect(shareOf('b', [way('b', 0, 1), way('c', 0, 3)])).toBeGreaterThan(0.6);
  });

  it('is attracted by food, and goes back only where there is no other way', () => {
    expect(shareOf('b', [way('b', 0), way('c', 0)], ['b'])).toBeGreaterThan(0.6);
    expect(shareOf('c', [way('b', 0), way('c', 0)], ['b'])).toBeGreaterThan(0.1);
    const random = seededRandom('back');
    expect(chooseWay({ ...view, ways: [{ from: 's', to: 'x', cost: 1, strength: 0 }] }, random).moves).toEqual(['s']);
    expect(chooseWay({ ...view, ways: [] }, random).moves).toEqual([]);
  });
});
