import * as fc from 'fast-check';
import type { TallyRequest } from '#core/coordination/consensus/tally.ts';
import type { Vote, WeightInputs } from '#core/coordination/consensus/votes.ts';

export const options = ['hold', 'deploy', 'canary'] as const;

export const vote = (voter: string, decision: string, rest: Partial<Vote> = {}): Vote => ({
  voter,
  decision,
  confidence: 1,
  weightInputs: { capabilityConfidence: 1, successRate: 1 },
  ...rest,
});

export const request = (rest: Partial<TallyRequest> = {}): TallyRequest => ({
  options,
  votes: [],
  invited: ['security', 'performance', 'cost', 'reliability'],
  round: 1,
  maxRounds: 1,
  quorum: 0.66,
  minParticipation: 0.75,
  weights: 'equal',
  tieBreaker: 'conservative',
  vetoVoters: [],
  random: () => 0,
  ...rest,
});

const voters = ['a', 'b', 'c', 'd', 'e'];
const share = fc.constantFrom(0, 0.1, 0.25, 0.3, 0.5, 0.7, 1);

const weightInputs: fc.Arbitrary<WeightInputs> = fc.record({
  capabilityConfidence: share,
  successRate: fc.option(share, { nil: undefined }),
});

const anyVote: fc.Arbitrary<Vote> = fc.record({
  voter: fc.constantFrom(...voters, 'stranger'),
  decision: fc.constantFrom(...options, 'maybe'),
  confidence: fc.constantFrom(0, 0.25, 0.5, 1, -1, Number.NaN),
  weightInputs,
});

/** Any round of up to five voters, with strangers, second votes and nonsense among the votes. */
export const anyRequest: fc.Arbitrary<TallyRequest> = fc
  .record({
    options: fc.constantFrom<readonly string[]>(options, options.slice(0, 2)),
    votes: fc.array(anyVote, { maxLength: 7 }),
    invited: fc.subarray(voters),
    round: fc.constantFrom(1, 2),
    maxRounds: fc.constantFrom(1, 2),
    quorum: fc.constantFrom(0.3, 0.5, 0.51, 0.66, 0.75, 1),
    minParticipation: fc.constantFrom(0, 0.3, 0.5, 0.75, 1),
    weights: fc.constantFrom('equal' as const, 'expertise' as const, 'confidence' as const),
    tieBreaker: fc.constantFrom('conservative' as const, 'leader' as const, 'random' as const, 'escalate' as const),
    vetoVoters: fc.subarray(voters, { maxLength: 1 }),
    leader: fc.constantFrom(...voters),
  })
  .map((fields) => ({ ...fields, random: () => 0 }));

export const anyWeightInputs = weightInputs;
