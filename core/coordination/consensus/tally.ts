import { million, toMillionths } from '../millionths.ts';
import {
  type Ballot,
  type CountedVotes,
  countVotes,
  type RejectedVote,
  type Vote,
  type VoteRejection,
  weightOf,
} from './votes.ts';

/** Who decides when the last round ends without a quorum. */
export type TieBreaker = 'conservative' | 'leader' | 'random' | 'escalate';

/** A round of a consensus: its votes and the rules they are counted by. Shares are 0 to 1. */
export interface TallyRequest extends Ballot {
  readonly votes: readonly Vote[];
  /** From 1. */
  readonly round: number;
  readonly maxRounds: number;
  /** Share of the cast weight that an option needs. */
  readonly quorum: number;
  /** Share of the invited that must vote; one of them must, whatever the share. */
  readonly minParticipation: number;
  readonly tieBreaker: TieBreaker;
  /** Voters whose vote for the first option decides alone. */
  readonly vetoVoters: readonly string[];
  /** Whose vote breaks a tie. Without its vote the first option wins. */
  readonly leader?: string;
  /** A number in [0, 1); asked only when a lot decides. */
  readonly random: () => number;
}

/** What one option got. `share` is that of the cast weight. */
export interface OptionTally {
  readonly option: string;
  readonly votes: number;
  readonly weight: number;
  readonly share: number;
}

/** The figures of a round, whatever came of it. */
export interface RoundFigures {
  /** In the order of the options. */
  readonly tally: readonly OptionTally[];
  readonly cast: number;
  readonly invited: number;
  readonly participation: number;
  /** (Σw)² / Σw²: as many voters of equal weight would spread the weight as evenly. 0 when nobody's vote weighs. */
  readonly effectiveVoters: number;
  readonly rejected: readonly RejectedVote[];
}

/** What a round came to. */
export type TallyOutcome =
  | {
      readonly kind: 'decided';
      readonly option: string;
      readonly by: 'quorum' | 'veto' | 'tie_break';
      /**
       * The mean confidence of those who voted for the option, weighted, times the option's share of the cast weight: 1
       * only when all agreed and were sure. Of a veto, the vetoing voter's.
       */
      readonly confidence: number;
    }
  | { readonly kind: 'next_round' }
  | { readonly kind: 'escalate' }
  /** Too few voted. Never to be taken for a vote against. */
  | { readonly kind: 'insufficient_participation'; readonly needed: number };

/** A round's outcome with its figures, and in a sentence why. */
export type Tally = TallyOutcome & RoundFigures & { readonly reasoning: string };

/** How many of the invited must vote. */
export const neededVotes = ({
  invited,
  minParticipation,
}: Pick<TallyRequest, 'invited' | 'minParticipation'>): number =>
  Math.max(1, Math.ceil((toMillionths(minParticipation) * new Set(invited).size) / million));

/** Weight per option in millionths, in the order of the options. */
export const weightsOf = ({ options, weights }: Ballot, accepted: readonly Vote[]): readonly number[] =>
  options.map((option) =>
    accepted.filter(({ decision }) => decision === option).reduce((sum, vote) => sum + weightOf(weights, vote), 0),
  );

/** Whether a weight is the quorum of what was cast. */
export const isQuorum = (weight: number, cast: number, quorum: number): boolean =>
  cast > 0 && weight * million >= toMillionths(quorum) * cast;

/** Positions of the heaviest options; only the first option's when no vote weighs anything. */
export const heaviest = (weights: readonly number[]): readonly number[] => {
  const most = Math.max(0, ...weights);
  return most === 0 ? [0] : weights.flatMap((weight, position) => (weight === most ? [position] : []));
};

/** Position of the option that alone is heaviest and has the quorum. */
export const quorumWinner = (weights: readonly number[], quorum: number): number | undefined => {
  const [winner = 0, ...equals] = heaviest(weights);
  const cast = weights.reduce((sum, weight) => sum + weight, 0);
  return equals.length === 0 && isQuorum(weights[winner] ?? 0, cast, quorum) ? winner : undefined;
};

const figuresOf = (
  request: TallyRequest,
  accepted: readonly Vote[],
  rejected: readonly RejectedVote[],
): RoundFigures => {
  const weights = weightsOf(request, accepted);
  const castWeight = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = accepted.reduce((sum, vote) => sum + (weightOf(request.weights, vote) / million) ** 2, 0);
  const invited = new Set(request.invited).size;
  return {
    tally: request.options.map((option, position) => ({
      option,
      votes: accepted.filter(({ decision }) => decision === option).length,
      weight: (weights[position] ?? 0) / million,
      share: castWeight === 0 ? 0 : (weights[position] ?? 0) / castWeight,
    })),
    cast: accepted.length,
    invited,
    participation: invited === 0 ? 0 : accepted.length / invited,
    effectiveVoters: squares === 0 ? 0 : (castWeight / million) ** 2 / squares,
    rejected,
  };
};

const confidenceIn = ({ weights }: TallyRequest, accepted: readonly Vote[], option: string): number => {
  const cast = accepted.reduce((sum, vote) => sum + weightOf(weights, vote), 0);
  const sure = accepted
    .filter(({ decision }) => decision === option)
    .reduce((sum, vote) => sum + weightOf(weights, vote) * vote.confidence, 0);
  return cast === 0 ? 0 : sure / cast;
};

type Ruling = TallyOutcome & { readonly reasoning: string };

const breakTie = (request: TallyRequest, accepted: readonly Vote[]): Ruling => {
  const { options, tieBreaker, leader, random } = request;
  const [first = ''] = options;
  const decided = (option: string, why: string): Ruling => ({
    kind: 'decided',
    option,
    by: 'tie_break',
    confidence: confidenceIn(request, accepted, option),
    reasoning: `No option has the quorum of ${request.quorum} in the last round: ${why}.`,
  });
  switch (tieBreaker) {
    case 'conservative':
      return decided(first, `the first option, ${first}, stands`);
    case 'leader': {
      const vote = accepted.find(({ voter }) => voter === leader);
      return vote === undefined
        ? decided(first, `the leader did not vote, so the first option, ${first}, stands`)
        : decided(vote.decision, `the leader's vote for ${vote.decision} decides`);
    }
    case 'random': {
      const drawn = heaviest(weightsOf(request, accepted));
      const option = options[drawn[Math.floor(random() * drawn.length)] ?? 0] ?? first;
      return decided(option, `${option} was drawn among the ${drawn.length} heaviest`);
    }
    case 'escalate':
      return { kind: 'escalate', reasoning: `No option has the quorum of ${request.quorum}: a person has to decide.` };
  }
};

const inWords: Readonly<Record<VoteRejection, string>> = {
  unknown_voter: 'came from somebody who was not asked',
  unknown_option: 'named no option',
  invalid_confidence: 'had a confidence outside 0 to 1',
  second_vote: 'came second',
};

/** What was answered and does not count, and why: too few votes may be a fault of the voters' answers. */
const sayRejected = (rejected: readonly RejectedVote[]): string => {
  const counts = Map.groupBy(rejected, ({ reason }) => reason);
  const parts = [...counts].map(
    ([reason, votes]) => `${votes.length} ${votes.length === 1 ? 'answer' : 'answers'} ${inWords[reason]}`,
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
};

const ruleOn = (request: TallyRequest, { accepted, rejected }: CountedVotes): Ruling => {
  const { options, quorum, round, maxRounds } = request;
  const [first = ''] = options;
  const vetoes = accepted.filter(({ voter, decision }) => decision === first && request.vetoVoters.includes(voter));
  if (vetoes.length > 0) {
    const confidence = Math.max(...vetoes.map((vote) => vote.confidence));
    const reasoning = `${vetoes.map(({ voter }) => voter).join(', ')} may veto, and voted for ${first}.`;
    return { kind: 'decided', option: first, by: 'veto', confidence, reasoning };
  }
  const needed = neededVotes(request);
  if (accepted.length < needed) {
    const reasoning = `${accepted.length} of ${new Set(request.invited).size} voted${sayRejected(rejected)}; at least ${needed} must. That is no vote against.`;
    return { kind: 'insufficient_participation', needed, reasoning };
  }
  const winner = options[quorumWinner(weightsOf(request, accepted), quorum) ?? -1];
  if (winner !== undefined) {
    const reasoning = `${winner} has at least ${quorum} of the cast weight.`;
    return {
      kind: 'decided',
      option: winner,
      by: 'quorum',
      confidence: confidenceIn(request, accepted, winner),
      reasoning,
    };
  }
  if (round < maxRounds)
    return { kind: 'next_round', reasoning: `No option has the quorum of ${quorum} in round ${round}.` };
  return breakTie(request, accepted);
};

/**
 * Counts a round. A veto decides for the first option; too few votes are their own outcome; an option that alone is
 * heaviest and has the quorum wins; else there is another round, and after the last one the tie-break. Only the order of
 * one voter's own votes matters: the first valid one counts.
 */
export const tally = (request: TallyRequest): Tally => {
  const counted = countVotes(request, request.votes);
  return { ...ruleOn(request, counted), ...figuresOf(request, counted.accepted, counted.rejected) };
};
