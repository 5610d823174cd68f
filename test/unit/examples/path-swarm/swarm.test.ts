import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { buildEnvironment } from '#core/coordination/swarm/environment.ts';
import { beginSwarm, iterate, type SwarmRules } from '#core/coordination/swarm/iterate.ts';
import { localView } from '#core/coordination/swarm/local-view.ts';
import { chooseWays } from '../../../../examples/path-swarm/choose-way.ts';
import { PathReport, PathRequest } from '../../../../examples/path-swarm/graph.ts';
import { survey, walk } from '../../../../examples/path-swarm/handlers.ts';
import { seededRandom } from '../../../../examples/path-swarm/seeded-random.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { mazeOf, pathSwarmChecker, shortest } from '../../../support/examples/path-swarm.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';

const sight = 3;
const Moves = z.strictObject({ ants: z.array(z.strictObject({ antId: z.string(), moves: z.array(z.string()) })) });

/** The ants over the platform's own rules, without the platform. */
const search = async (seed: number, options: { isAsleep?: boolean } = {}) => {
  const { edges, start, goal } = PathRequest.parse(pathSwarmChecker.input(seed));
  const environment = buildEnvironment({ kind: 'graph', edges, start, resources: [{ at: goal }] });
  const rules: SwarmRules = {
    environment,
    sight,
    evaporation: 0.1,
    maxIterations: 60,
    minStrength: 0.7,
    convergence: 0.8,
  };
  let state = beginSwarm(environment, 30);
  for (;;) {
    const ants = state.ants.map((ant) => localView({ ...state, environment, sight }, ant));
    const asked = { iteration: state.iteration + 1, sight, ants };
    const replies = options.isAsleep === true ? [] : Moves.parse((await runHandler(walk, asked)).output).ants;
    const { state: next, verdict } = iterate(state, rules, replies);
    state = next;
    if (verdict === 'goes_on') continue;
    return { edges, start, goal, found: { verdict, iterations: state.iteration, best: state.best ?? null }, state };
  }
};
const report = async (seed: number): Promise<PathReport> => {
  const { state: _state, ...input } = await search(seed);
  return PathReport.parse((await runHandler(survey, input)).output);
};

describe('a swarm on ten graphs', () => {
  it.each(checkedSeeds)('finds a path close to the cheapest (seed %i)', async (seed) => {
    await expect(pathSwarmChecker.check(seed, await report(seed))).resolves.toBeUndefined();
  });

  it('finds the cheapest itself on most', async () => {
    const reports = await Promise.all(checkedSeeds.map(report));
    const found = reports.filter(({ cost }, index) => cost < shortest(mazeOf(checkedSeeds[index] ?? 0)) + 0.0001);
    expect(found.length).toBeGreaterThanOrEqual(7);
  });

  it('makes no progress while its agents are asleep', async () => {
    const { state, ...input } = await search(1, { isAsleep: true });
    expect(state).toMatchObject({ best: undefined, pheromones: {} });
    await expect(runHandler(survey, input)).rejects.toMatchObject({ code: 'NO_PATH' });
  });
});

describe('a surveyor', () => {
  const graph = { edges: [{ from: 'a', to: 'b', cost: 2 }], start: 'a', goal: 'b' };
  const found = (path: string[], cost: number) => ({ verdict: 'cap', iterations: 1, best: { path, cost } });

  it.each([
    ['cannot be gone', ['a', 'c', 'b'], 2],
    ['costs more than is said', ['a', 'b'], 1],
    ['leads elsewhere', ['b', 'a'], 2],
  ])('believes no path that %s', async (_what, path, cost) => {
    const surveyed = runHandler(survey, { ...graph, found: found(path, cost) });
    await expect(surveyed).rejects.toMatchObject({ code: 'WRONG_PATH' });
  });
});

describe('an ant', () => {
  const view = { antId: 'a', at: 'x', trail: ['s', 'x'], resources: [] };
  const way = (to: string, strength: number, cost = 1) => ({ from: 'x', to, cost, strength });
  const shareOf = (to: string, ways: ReturnType<typeof way>[], resources: string[] = []): number => {
    const random = seededRandom('share');
    const chosen = Array.from({ length: 1000 }, () => chooseWays({ ...view, ways, resources }, 1, random).moves[0]);
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
    const far = [way('b', 0), { from: 'b', to: 'c', cost: 1, strength: 0 }];
    const goes = (resources: string[]) => chooseWays({ ...view, ways: far, resources }, 3, seededRandom('far')).moves;
    expect(goes([])).toEqual(['b', 'c', 'b']);
    expect(goes(['b'])).toEqual(['b']);
    const random = seededRandom('back');
    expect(chooseWays({ ...view, ways: [{ from: 's', to: 'x', cost: 1, strength: 0 }] }, 1, random).moves).toEqual([
      's',
    ]);
    expect(chooseWays({ ...view, ways: [] }, 1, random).moves).toEqual([]);
  });
});
