import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canStillChange, type OpenVoter } from '#core/coordination/consensus/can-still-change.ts';
import { type TallyRequest, tally } from '#core/coordination/consensus/tally.ts';
import { anyRequest, anyWeightInputs, request, vote } from './ballots.ts';

/** What a round comes to, a lot by all that it may draw. */
const label = (round: TallyRequest): string =>
  [0, 0.4, 0.7, 0.999]
    .map((fraction) => {
      const result = tally({ ...round, random: () => fraction });
      return result.kind === 'decided' ? result.option : result.kind;
    })
    .join();

/** Every round that the open voters can make of this one: each abstains or votes, little or wholly sure. */
const completions = (round: TallyRequest, open: readonly OpenVoter[]): readonly TallyRequest[] => {
  const [next, ...others] = open;
  if (next === undefined) return [round];
  const confidences = round.weights === 'confidence' ? [0, 0.5, 1] : [1];
  const votes = round.options.flatMap((decision) =>
    confidences.map((confidence) => vote(next.voter, decision, { confidence, weightInputs: next.weightInputs })),
  );
  return [round, ...votes.map((cast) => ({ ...round, votes: [...round.votes, cast] }))].flatMap((round) =>
    completions(round, others),
  );
};

const anyStanding = anyRequest.chain((round) => {
  const invited = round.invited.filter((voter) => !round.votes.some((cast) => cast.voter === voter));
  return fc.record({
    round: fc.constant(round),
    open: fc
      .subarray(invited.slice(0, 3))
      .chain((voters) =>
        fc.tuple(...voters.map((voter) => anyWeightInputs.map((weightInputs) => ({ voter, weightInputs })))),
      ),
  });
});

describe('canStillChange', () => {
  it('says no exactly when every completion of the open votes comes to the same', () =>
    fc.assert(
      fc.property(anyStanding, ({ round, open }) => {
        const ends = new Set(completions(round, open).map(label));
        expect(canStillChange(round, open)).toBe(ends.size > 1);
      }),
      { numRuns: 1000 },
    ));

  it('stops after three of four when the fourth cannot matter', () => {
    const votes = ['security', 'performance', 'cost'].map((voter) => vote(voter, 'deploy'));
    const open = [{ voter: 'reliability', weightInputs: { capabilityConfidence: 1, successRate: 1 } }];
    expect(canStillChange(request({ votes }), open)).toBe(false);
    expect(canStillChange(request({ votes, vetoVoters: ['reliability'] }), open)).toBe(true);
    expect(canStillChange(request({ votes: votes.slice(0, 2) }), open)).toBe(true);
  });

  it('takes no vote of a voter that has voted or was not asked for an open one', () => {
    const votes = ['security', 'performance', 'cost'].map((voter, index) =>
      vote(voter, index === 0 ? 'hold' : 'deploy'),
    );
    const open = ['cost', 'mallory'].map((voter) => ({
      voter,
      weightInputs: { capabilityConfidence: 1, successRate: 1 },
    }));
    expect(canStillChange(request({ votes }), open)).toBe(false);
  });
});
