import { heaviest, isQuorum, neededVotes, quorumWinner, type TallyRequest, weightsOf } from './tally.ts';
import { countVotes, type Vote, type WeightInputs, weightOf } from './votes.ts';

/** An invited voter whose vote may still come. */
export interface OpenVoter {
  readonly voter: string;
  readonly weightInputs: WeightInputs;
}

interface Standing {
  readonly request: TallyRequest;
  readonly accepted: readonly Vote[];
  readonly open: readonly OpenVoter[];
  readonly weights: readonly number[];
  /** What the open votes weigh together at most. */
  readonly openWeight: number;
}

const isVetoOpen = ({ request, open }: Standing): boolean =>
  open.some(({ voter }) => request.vetoVoters.includes(voter));

const rivalsOf = ({ weights }: Standing, position: number): number =>
  Math.max(0, ...weights.filter((_weight, other) => other !== position));

const castWith = ({ weights, openWeight }: Standing): number =>
  weights.reduce((sum, weight) => sum + weight, 0) + openWeight;

/** Whether the option would win by quorum if all open votes were for it: the most that it can get. */
const canWin = (standing: Standing, position: number): boolean => {
  const weight = (standing.weights[position] ?? 0) + standing.openWeight;
  return weight > rivalsOf(standing, position) && isQuorum(weight, castWith(standing), standing.request.quorum);
};

/** Whether the option, which wins by quorum now, would not if all open votes were for its strongest rival. */
const canLose = (standing: Standing, position: number): boolean => {
  const weight = standing.weights[position] ?? 0;
  return (
    standing.weights.length > 1 &&
    (rivalsOf(standing, position) + standing.openWeight >= weight ||
      !isQuorum(weight, castWith(standing), standing.request.quorum))
  );
};

/** Whether a lot among the heaviest could come to be drawn among others. */
const canLotChange = (standing: Standing): boolean =>
  standing.openWeight > 0 &&
  standing.weights.length > 1 &&
  !standing.weights.some((weight, position) => rivalsOf(standing, position) + standing.openWeight < weight);

/** Position of the option that stands when nobody wins; `undefined` when no option does. */
const fallbackOf = ({ request, accepted }: Standing): number | undefined => {
  if (request.round < request.maxRounds || request.tieBreaker === 'escalate') return undefined;
  if (request.tieBreaker === 'conservative') return 0;
  const vote = accepted.find(({ voter }) => voter === request.leader);
  return vote === undefined ? 0 : request.options.indexOf(vote.decision);
};

const isLastRound = ({ request }: Standing): boolean => request.round >= request.maxRounds;

const isLeaderOpen = (standing: Standing): boolean =>
  isLastRound(standing) &&
  standing.request.tieBreaker === 'leader' &&
  standing.open.some(({ voter }) => voter === standing.request.leader);

/** In a round after which no lot is drawn, with enough votes cast and no veto so far. */
const canRuledChange = (standing: Standing): boolean => {
  const winner = quorumWinner(standing.weights, standing.request.quorum);
  const fallback = fallbackOf(standing);
  const now = winner ?? fallback;
  if (isVetoOpen(standing) && now !== 0) return true;
  if (isLeaderOpen(standing)) return winner === undefined ? standing.weights.length > 1 : canLose(standing, winner);
  return winner === undefined || winner === fallback
    ? standing.weights.some((_weight, position) => position !== fallback && canWin(standing, position))
    : canLose(standing, winner);
};

/** With enough votes cast and no veto so far. What wins by quorum is what a lot would be drawn from. */
const canOutcomeChange = (standing: Standing): boolean => {
  if (!isLastRound(standing) || standing.request.tieBreaker !== 'random') return canRuledChange(standing);
  const lot = heaviest(standing.weights);
  const isForFirst = lot.length === 1 && lot[0] === 0;
  return canLotChange(standing) || (isVetoOpen(standing) && !isForFirst);
};

/**
 * Whether some way in which the open voters vote, or do not, would change what the round comes to. Once it says no it
 * says no for every vote that follows, so the round may end early with the same outcome. Voters that are not open, or
 * have voted, are past voting.
 */
export const canStillChange = (request: TallyRequest, openVoters: readonly OpenVoter[]): boolean => {
  const { accepted } = countVotes(request, request.votes);
  const voted = new Set(accepted.map(({ voter }) => voter));
  const open = openVoters.filter(
    ({ voter }, position) =>
      request.invited.includes(voter) &&
      !voted.has(voter) &&
      openVoters.findIndex((other) => other.voter === voter) === position,
  );
  const [first] = request.options;
  if (accepted.some(({ voter, decision }) => decision === first && request.vetoVoters.includes(voter))) return false;
  const standing: Standing = {
    request,
    accepted,
    open,
    weights: weightsOf(request, accepted),
    openWeight: open.reduce(
      (sum, { weightInputs }) => sum + weightOf(request.weights, { confidence: 1, weightInputs }),
      0,
    ),
  };
  const needed = neededVotes(request);
  if (accepted.length < needed) return isVetoOpen(standing) || accepted.length + open.length >= needed;
  return canOutcomeChange(standing);
};
