import { isShare, toMillionths } from '../millionths.ts';

/** How much a vote weighs: the same for all, the voter's expertise, or how sure the voter says it is. */
export type WeightRule = 'equal' | 'expertise' | 'confidence';

/** What the platform knows of a voter. A success rate that was never observed counts as 1. */
export interface WeightInputs {
  /** The voter's declared confidence in the capability that it was asked for, 0 to 1. */
  readonly capabilityConfidence: number;
  readonly successRate: number | undefined;
}

/** An answer to a proposal. */
export interface Vote {
  readonly voter: string;
  readonly decision: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly reasoning?: string;
  readonly evidence?: readonly string[];
  readonly weightInputs: WeightInputs;
}

/** Why a vote does not count. */
export type VoteRejection = 'unknown_voter' | 'unknown_option' | 'invalid_confidence' | 'second_vote';

/** A vote that does not count, and why. */
export interface RejectedVote {
  readonly voter: string;
  readonly decision: string;
  readonly reason: VoteRejection;
}

/** What the votes are counted by. */
export interface Ballot {
  /** In order; the first is the one to fall back on, such as not to deploy. */
  readonly options: readonly string[];
  readonly invited: readonly string[];
  readonly weights: WeightRule;
}

/** Each distinct voter's first valid vote in the order in which they came, and those that do not count. */
export interface CountedVotes {
  readonly accepted: readonly Vote[];
  readonly rejected: readonly RejectedVote[];
}

/** Tells the votes that count from those that do not. */
export const countVotes = ({ options, invited }: Ballot, votes: readonly Vote[]): CountedVotes => {
  const voted = new Set<string>();
  const accepted: Vote[] = [];
  const rejected: RejectedVote[] = [];
  const rejectionOf = (vote: Vote): VoteRejection | undefined => {
    if (!invited.includes(vote.voter)) return 'unknown_voter';
    if (!options.includes(vote.decision)) return 'unknown_option';
    if (!isShare(vote.confidence)) return 'invalid_confidence';
    return voted.has(vote.voter) ? 'second_vote' : undefined;
  };
  for (const vote of votes) {
    const reason = rejectionOf(vote);
    if (reason === undefined) {
      voted.add(vote.voter);
      accepted.push(vote);
    } else rejected.push({ voter: vote.voter, decision: vote.decision, reason });
  }
  return { accepted, rejected };
};

const clamp = (value: number): number => (value > 0 ? Math.min(1, value) : 0);

/** What a vote weighs in millionths; what cannot be a weight weighs nothing. */
export const weightOf = (
  rule: WeightRule,
  { confidence, weightInputs }: Pick<Vote, 'confidence' | 'weightInputs'>,
): number => {
  switch (rule) {
    case 'equal':
      return toMillionths(1);
    case 'expertise':
      return toMillionths(clamp(weightInputs.capabilityConfidence) * clamp(weightInputs.successRate ?? 1));
    case 'confidence':
      return toMillionths(clamp(confidence));
  }
};
