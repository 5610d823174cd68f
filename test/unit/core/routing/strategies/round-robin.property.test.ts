import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#core/routing/rank.ts';
import { fleet, requestOf } from './fleet.ts';
import { inTurn } from './oracles.ts';
import { compare, fiveAgents } from './simulate.ts';

const roomy = fiveAgents.map((agent) => ({ ...agent, maxConcurrency: 100 }));

describe('round_robin', () => {
  it('gives everyone one of any n turns in a row', () =>
    fc.assert(
      fc.property(fleet, fc.nat(), (candidates, start) => {
        const chosen = candidates.map(
          (_, n) => rank('round_robin', requestOf(candidates, { turn: start + n })).ranked[0]?.candidate.agent.name,
        );
        expect(new Set(chosen).size).toBe(candidates.length);
      }),
    ));

  it('gives each of five agents 100 of 500 tasks, whatever their speed', () =>
    expect(
      compare({
        agents: roomy,
        strategy: 'round_robin',
        everyMs: 250,
        oracle: inTurn,
      }),
    ).toMatchObject({ wrong: 0, counts: [100, 100, 100, 100, 100] }));

  it('skips agents that are full', () => {
    const result = compare({
      agents: fiveAgents,
      strategy: 'round_robin',
      everyMs: 250,
      oracle: inTurn,
    });
    expect(result).toMatchObject({ wrong: 0, shareApart: 0 });
  });
});
