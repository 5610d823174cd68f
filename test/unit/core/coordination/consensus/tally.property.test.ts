import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tally, type TallyRequest, tally } from '#core/coordination/consensus/tally.ts';
import type { Vote } from '#core/coordination/consensus/votes.ts';
import { anyRequest } from './ballots.ts';

/** Fractions over one denominator: every weight below is a multiple of 1/1000, so whole numbers say it exactly. */
const whole = (value: number): bigint => BigInt(Math.round(value * 1000));

const weight = ({ weights }: TallyRequest, vote: Vote): bigint => {
  if (weights === 'equal') return 1_000_000n;
  if (weights === 'confidence') return whole(vote.confidence) * 1000n;
  return whole(vote.weightInputs.capabilityConfidence) * whole(vote.weightInputs.successRate ?? 1);
};

/** The votes that count, found voter by voter. */
const valid = ({ votes, invited, options }: TallyRequest): readonly Vote[] =>
  invited.flatMap((voter) =>
    votes
      .filter((vote) => vote.voter === voter && options.includes(vote.decision))
      .filter(({ confidence }) => !Number.isNaN(confidence) && confidence >= 0 && confidence <= 1)
      .slice(0, 1),
  );

const lastRound = (request: TallyRequest, heaviest: string | undefined): string => {
  const [first = ''] = request.options;
  if (request.tieBreaker === 'escalate') return 'escalate';
  if (request.tieBreaker === 'conservative') return `tie ${first}`;
  if (request.tieBreaker === 'random') return `tie ${heaviest}`;
  return `tie ${valid(request).find(({ voter }) => voter === request.leader)?.decision ?? first}`;
};

/** The rule in words, over exact fractions. */
const outcome = (request: TallyRequest): string => {
  const votes = valid(request);
  const [first = ''] = request.options;
  if (votes.some((vote) => vote.decision === first && request.vetoVoters.includes(vote.voter))) return `veto ${first}`;
  if (votes.length === 0 || votes.length / request.invited.length < request.minParticipation) return 'too few';
  const totals = request.options.map((option) => ({
    option,
    sum: votes.filter((vote) => vote.decision === option).reduce((sum, vote) => sum + weight(request, vote), 0n),
  }));
  const cast = totals.reduce((sum, entry) => sum + entry.sum, 0n);
  const winners = totals.filter(
    ({ option, sum }) =>
      sum > 0n &&
      sum * 1000n >= whole(request.quorum) * cast &&
      totals.every((other) => other.option === option || other.sum < sum),
  );
  if (winners[0] !== undefined) return `quorum ${winners[0].option}`;
  if (request.round < request.maxRounds) return 'next';
  return lastRound(request, totals.toSorted((a, b) => Number(b.sum - a.sum))[0]?.option);
};

const said = (result: Tally): string => {
  switch (result.kind) {
    case 'decided':
      return `${result.by === 'tie_break' ? 'tie' : result.by} ${result.option}`;
    case 'next_round':
      return 'next';
    case 'escalate':
      return 'escalate';
    case 'insufficient_participation':
      return 'too few';
  }
};

describe('tally', () => {
  it('comes to what the rule in words says over exact fractions', () =>
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(said(tally(request))).toBe(outcome(request));
      }),
      { numRuns: 3000 },
    ));

  it('does not depend on the order in which voters are heard', () =>
    fc.assert(
      fc.property(
        anyRequest.chain((request) =>
          fc.tuple(
            fc.constant(request),
            fc.shuffledSubarray([...valid(request)], { minLength: valid(request).length }),
          ),
        ),
        ([request, shuffled]) => {
          const before = tally(request);
          const after = tally({ ...request, votes: shuffled });
          expect(said(after)).toBe(said(before));
          expect(after.tally).toEqual(before.tally);
          expect(after.effectiveVoters).toBeCloseTo(before.effectiveVoters, 9);
          expect(after.rejected).toEqual([]);
        },
      ),
    ));

  it('accounts for every vote: counted or listed as rejected', () =>
    fc.assert(
      fc.property(anyRequest, (request) => {
        const { cast, rejected, tally: options } = tally(request);
        expect(cast + rejected.length).toBe(request.votes.length);
        expect(options.reduce((sum, { votes }) => sum + votes, 0)).toBe(cast);
      }),
    ));

  it('finds between one and all voters effective, all of them when they weigh the same', () =>
    fc.assert(
      fc.property(anyRequest, (request) => {
        const { cast, effectiveVoters } = tally(request);
        expect(effectiveVoters).toBeLessThanOrEqual(cast + 1e-9);
        expect(tally({ ...request, weights: 'equal' }).effectiveVoters).toBeCloseTo(cast, 9);
      }),
    ));
});
