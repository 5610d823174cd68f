import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AntReply, moveAnts } from '#core/coordination/swarm/ants.ts';
import { buildEnvironment, type Environment, type GraphSpec } from '#core/coordination/swarm/environment.ts';
import { beginSwarm, iterate, type SwarmRules, type SwarmState } from '#core/coordination/swarm/iterate.ts';
import { localView } from '#core/coordination/swarm/local-view.ts';

/** Two ways to the food: over `short` at 2, over `long-1` and `long-2` at 6. */
const bridges: GraphSpec = {
  kind: 'graph',
  edges: [
    { from: 'nest', to: 'short', cost: 1 },
    { from: 'short', to: 'food', cost: 1 },
    { from: 'nest', to: 'long-1', cost: 2 },
    { from: 'long-1', to: 'long-2', cost: 2 },
    { from: 'long-2', to: 'food', cost: 2 },
  ],
  start: 'nest',
  resources: [{ at: 'food' }],
};

const rulesFor = (environment: Environment, rest: Partial<SwarmRules> = {}): SwarmRules => ({
  environment,
  sight: 1,
  evaporation: 0.1,
  maxIterations: 1000,
  convergence: 0.8,
  minStrength: 0.7,
  ...rest,
});

/** A random walk of its own for each seed (mulberry32). */
const chance = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};

/** What an ant's agent would answer from its view alone: on, never straight back, the stronger the likelier. */
const follow = (state: SwarmState, rules: SwarmRules, random: () => number): readonly AntReply[] =>
  state.ants.map((ant) => {
    const { environment, sight } = rules;
    const { pheromones, resources, ants } = state;
    const view = localView({ environment, pheromones, resources, ants, sight }, ant);
    const ways = view.ways
      .filter(({ from, to }) => from === ant.at || to === ant.at)
      .map((way) => ({ place: way.from === ant.at ? way.to : way.from, weight: (0.05 + way.strength) / way.cost }));
    const onward = ways.filter(({ place }) => place !== ant.trail.at(-2));
    const choices = onward.length > 0 ? onward : ways;
    let left = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = choices.find(({ weight }) => (left -= weight) < 0) ?? choices.at(-1);
    return { antId: ant.id, moves: chosen === undefined ? [] : [chosen.place] };
  });

const run = (rules: SwarmRules, antCount: number, answer: (state: SwarmState) => readonly AntReply[]) => {
  let step = iterate(beginSwarm(rules.environment, antCount), rules, []);
  while (step.verdict === 'goes_on') step = iterate(step.state, rules, answer(step.state));
  return step;
};

describe('a swarm', () => {
  const seeds = Array.from({ length: 30 }, (_, seed) => seed);

  it.each(seeds)('comes to agree on the short bridge with chance %d', (seed) => {
    const rules = rulesFor(buildEnvironment(bridges));
    const random = chance(seed);
    const { verdict, state, convergence } = run(rules, 20, (now) => follow(now, rules, random));
    expect(['converged', 'pattern']).toContain(verdict);
    expect(state.best).toEqual({ path: ['nest', 'short', 'food'], cost: 2 });
    expect(convergence.path).toEqual(['nest', 'short', 'food']);
  });

  it('agrees by what ants left for each other: those that do not see it agree far less', () => {
    const rules = rulesFor(buildEnvironment(bridges), { maxIterations: 60, convergence: 2 });
    const settled = (answer: (state: SwarmState, random: () => number) => readonly AntReply[]) => {
      const shares = seeds.map((seed) => {
        const random = chance(seed);
        return run(rules, 20, (now) => answer(now, random)).convergence.share;
      });
      return shares.reduce((sum, share) => sum + share, 0) / shares.length;
    };
    const seeing = settled((state, random) => follow(state, rules, random));
    const blind = settled((state, random) => follow({ ...state, pheromones: {} }, rules, random));
    expect(seeing).toBeGreaterThan(0.8);
    expect(blind).toBeLessThan(0.4);
  });

  it('makes no progress without agents, and stops at the cap with nothing', () => {
    const rules = rulesFor(buildEnvironment(bridges), { maxIterations: 50 });
    const { verdict, state } = run(rules, 5, () => []);
    expect(verdict).toBe('cap');
    expect(state).toEqual({ ...beginSwarm(rules.environment, 5), iteration: 50 });
  });

  it('answers with the best so far at the cap', () => {
    const rules = rulesFor(buildEnvironment(bridges), { maxIterations: 12 });
    const route = ['long-1', 'long-2', 'food'];
    const { verdict, state } = run(rules, 2, ({ iteration }) => [
      { antId: 'ant-1', moves: [route[(iteration - 1) % 3] ?? ''] },
    ]);
    expect(verdict).toBe('cap');
    expect(state.best).toEqual({ path: ['nest', ...route], cost: 6 });
  });

  it('stops when everything has been taken, and the ant of the lower id takes the last', () => {
    const rules = rulesFor(buildEnvironment({ ...bridges, resources: [{ at: 'short', amount: 2 }] }), {
      convergence: 1,
    });
    const replies = ['ant-3', 'ant-2', 'ant-1'].map((antId) => ({ antId, moves: ['short'] }));
    const { verdict, trips, state } = iterate(beginSwarm(rules.environment, 3), rules, replies);
    expect(verdict).toBe('used_up');
    expect(trips.map(({ antId }) => antId)).toEqual(['ant-1', 'ant-2']);
    expect(state.ants.map(({ at }) => at)).toEqual(['nest', 'nest', 'short']);
  });

  it('is the same whatever the order in which different ants are answered for', () =>
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, rounds) => {
        const rules = rulesFor(buildEnvironment({ ...bridges, resources: [{ at: 'food', amount: 9 }] }));
        const random = chance(seed);
        let forwards = beginSwarm(rules.environment, 6);
        let backwards = forwards;
        for (let round = 0; round < rounds; round++) {
          const replies = follow(forwards, rules, random);
          forwards = iterate(forwards, rules, replies).state;
          backwards = iterate(backwards, rules, replies.toReversed()).state;
          expect(JSON.stringify(backwards)).toBe(JSON.stringify(forwards));
        }
      }),
    ));

  it('takes neither a lucky trip nor one ant of several for agreement', () => {
    const rules = rulesFor(buildEnvironment(bridges), { sight: 2 });
    const replies = [{ antId: 'ant-1', moves: ['short', 'food'] }];
    const verdicts = (antCount: number) => {
      let state = beginSwarm(rules.environment, antCount);
      return [1, 2, 3].map(() => {
        const step = iterate(state, rules, replies);
        ({ state } = step);
        return step.verdict;
      });
    };
    expect(verdicts(1)).toEqual(['goes_on', 'goes_on', 'converged']);
    expect(verdicts(2)).toEqual(['goes_on', 'goes_on', 'goes_on']);
  });

  it('finds a trail that holds most of the pheromone though ants took other paths last', () => {
    const rules = rulesFor(buildEnvironment(bridges), { sight: 3, evaporation: 0.1 });
    const short = { moves: ['short', 'food'] };
    let state = beginSwarm(rules.environment, 2);
    for (let round = 0; round < 8; round++)
      state = iterate(state, { ...rules, convergence: 2 }, [
        { antId: 'ant-1', ...short },
        { antId: 'ant-2', ...short },
      ]).state;
    const { verdict, pattern } = iterate(state, rules, [
      { antId: 'ant-1', ...short },
      { antId: 'ant-2', moves: ['long-1', 'long-2', 'food'] },
    ]);
    expect(verdict).toBe('pattern');
    expect(pattern).toMatchObject({ kind: 'trail', path: ['nest', 'short', 'food'] });
  });

  it('finds a gathering where there is nothing to look for', () => {
    const rules = rulesFor(buildEnvironment({ ...bridges, resources: [] }));
    const moves = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ antId: `ant-${index + 1}`, moves: ['short'] }));
    expect(iterate(beginSwarm(rules.environment, 5), rules, moves(3)).verdict).toBe('goes_on');
    expect(iterate(beginSwarm(rules.environment, 5), rules, moves(4))).toMatchObject({
      verdict: 'pattern',
      pattern: { kind: 'gathering', at: 'short', share: 0.8 },
    });
  });
});

describe('moveAnts', () => {
  const environment = buildEnvironment(bridges);
  const state = beginSwarm(environment, 2);

  it('refuses what no ant could do, and moves nobody by it', () => {
    const replies: readonly AntReply[] = [
      { antId: 'ant-9', moves: ['short'] },
      { antId: 'ant-1', moves: ['food'] },
      { antId: 'ant-1', moves: ['short', 'food', 'short'] },
      { antId: 'ant-1', moves: ['short'], deposit: 7 },
      { antId: 'ant-1', moves: ['long-1'] },
      { antId: 'ant-1', moves: ['short'] },
    ];
    const { ants, rejected } = moveAnts({ environment, sight: 2 }, state, replies);
    expect(ants.map(({ at }) => at)).toEqual(['long-1', 'nest']);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      'unknown_ant',
      'no_such_way',
      'too_far',
      'invalid_deposit',
      'second_reply',
    ]);
  });

  it('forgets detours, so that a path goes through no place twice', () => {
    const moves = ['long-1', 'long-2', 'long-1', 'nest', 'short', 'food'];
    const { trips } = moveAnts({ environment, sight: 6 }, state, [{ antId: 'ant-1', moves }]);
    expect(trips).toEqual([{ antId: 'ant-1', path: ['nest', 'short', 'food'], cost: 2, deposit: 1 }]);
  });
});
