import * as z from 'zod';
import type { ConsensusWorkflow } from '../contract/definitions/consensus.ts';
import { Json } from '../contract/json.ts';
import { isTerminal } from '../contract/task.ts';
import type { OpenVoter } from '../coordination/consensus/can-still-change.ts';
import { type Tally, type TallyRequest, tally } from '../coordination/consensus/tally.ts';
import type { Vote } from '../coordination/consensus/votes.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { type Seat, seatsOf } from './consensus-seats.ts';
import type { ModeContext } from './mode-rules.ts';
import { type MemberOutcome, readOutcomes } from './run-reader.ts';

/** What an agent answers to be counted. The frame's own confidence and evidence count where the output has none. */
const VoteOutput = z.looseObject({
  decision: z.string(),
  confidence: z.number().optional(),
  reasoning: z.string().optional(),
  evidence: z.array(Json).optional(),
});

const longestReasoning = 4096;
const mostEvidence = 20;

const CastVote = z.looseObject({
  agent: z.string(),
  agentId: z.string(),
  decision: z.string(),
  confidence: z.number(),
  reasoning: z.string().optional(),
  evidence: z.array(Json),
});
type CastVote = z.infer<typeof CastVote>;

/** What a round came to, as later rounds and the run's result tell it. */
export const RoundReport = z.looseObject({
  round: z.int(),
  kind: z.enum(['decided', 'next_round', 'escalate', 'insufficient_participation']),
  decision: z.string().optional(),
  by: z.enum(['quorum', 'veto', 'tie_break']).optional(),
  confidence: z.number().optional(),
  reasoning: z.string(),
  needed: z.int().optional(),
  cast: z.int(),
  invited: z.int(),
  participation: z.number(),
  effectiveVoters: z.number(),
  tally: z.array(z.looseObject({ option: z.string(), votes: z.int(), weight: z.number(), share: z.number() })),
  votes: z.array(CastVote),
  /** Answers that are no vote, and why. */
  rejected: z.array(z.looseObject({ agent: z.string(), decision: z.string(), reason: z.string() })),
  /** Who was invited and did not answer, and why. */
  absent: z.array(z.looseObject({ agent: z.string(), why: z.string() })),
});
export type RoundReport = z.infer<typeof RoundReport>;

/** Members are the seats that have an agent, in their order. */
export const seatsWithAgent = (seats: readonly Seat[]): readonly Seat[] =>
  seats.filter(({ agentId }) => agentId !== undefined);

interface Answer {
  readonly seat: Seat;
  readonly outcome: MemberOutcome | undefined;
}

const idOf = ({ name, agentId }: Seat): string => agentId ?? name;
const weightInputsOf = ({ capabilityConfidence, successRate }: Seat): Vote['weightInputs'] => ({
  capabilityConfidence,
  successRate,
});

const noVote: z.infer<typeof VoteOutput> = { decision: '' };

const castOf = ({ seat, outcome }: Answer): CastVote | undefined => {
  // The task is its agent's alone: what is counted is what this very agent has said.
  if (outcome?.status !== 'SUCCEEDED' || outcome.agentId !== seat.agentId) return undefined;
  const said = VoteOutput.safeParse(outcome.output).data ?? noVote;
  return {
    agent: seat.name,
    agentId: idOf(seat),
    decision: said.decision,
    confidence: said.confidence ?? outcome.confidence ?? 1,
    ...(said.reasoning === undefined ? {} : { reasoning: said.reasoning.slice(0, longestReasoning) }),
    evidence: (said.evidence ?? [...outcome.evidence]).slice(0, mostEvidence),
  };
};

/** A round as far as it has come. */
export interface Standing {
  readonly request: TallyRequest;
  readonly open: readonly OpenVoter[];
  readonly answers: readonly Answer[];
  readonly casts: readonly CastVote[];
}

/** Reads a round's votes, and whose may still come. */
export const readRound = async (
  context: ModeContext,
  definition: ConsensusWorkflow,
  position: number,
): Promise<Standing> => {
  const seats = await seatsOf(context, definition);
  const outcomes = await readOutcomes(context, position);
  const asked = seatsWithAgent(seats);
  const answers = seats.map((seat) => ({ seat, outcome: outcomes.find(({ item }) => asked[item] === seat) }));
  const casts = answers.flatMap((answer) => castOf(answer) ?? []);
  const inputs = new Map(seats.map((seat) => [idOf(seat), weightInputsOf(seat)]));
  const idsOf = (names: readonly string[]): readonly string[] =>
    seats.filter(({ name }) => names.includes(name)).map(idOf);
  const [leader] = idsOf(definition.leader === undefined ? [] : [definition.leader]);
  const { options, weights, quorum, minParticipation, tieBreaker, maxRounds } = definition;
  return {
    answers,
    casts,
    open: answers
      // One that is not there yet is being made.
      .filter(({ seat, outcome }) => asked.includes(seat) && !isTerminal(outcome?.status ?? 'PENDING'))
      .map(({ seat }) => ({ voter: idOf(seat), weightInputs: weightInputsOf(seat) })),
    request: {
      options,
      weights,
      quorum,
      minParticipation,
      tieBreaker,
      maxRounds,
      round: position + 1,
      invited: seats.map(idOf),
      vetoVoters: idsOf(definition.veto),
      ...(leader === undefined ? {} : { leader }),
      random: () => context.services.random.fraction(),
      votes: casts.map(({ agentId, decision, confidence }) => ({
        voter: agentId,
        decision,
        confidence,
        weightInputs: inputs.get(agentId) ?? { capabilityConfidence: 0, successRate: undefined },
      })),
    },
  };
};

const whyAbsent = ({ seat, outcome }: Answer): string => {
  if (seat.agentId === undefined) return 'no such agent';
  return outcome === undefined || !isTerminal(outcome.status) ? 'not needed any more' : outcome.status;
};

const reportOf = ({ answers, casts, request }: Standing, counted: Tally): RoundReport => {
  const { rejected, tally: options, ...outcome } = counted;
  const refused = new Set(rejected.map(({ voter }) => voter));
  const nameOf = (voter: string): string => casts.find(({ agentId }) => agentId === voter)?.agent ?? voter;
  return {
    round: request.round,
    kind: outcome.kind,
    ...(outcome.kind === 'decided' ? { decision: outcome.option, by: outcome.by, confidence: outcome.confidence } : {}),
    ...(outcome.kind === 'insufficient_participation' ? { needed: outcome.needed } : {}),
    reasoning: outcome.reasoning,
    cast: outcome.cast,
    invited: outcome.invited,
    participation: outcome.participation,
    effectiveVoters: outcome.effectiveVoters,
    tally: options.map((option) => ({ ...option })),
    votes: casts.filter(({ agentId }) => !refused.has(agentId)),
    rejected: rejected.map(({ voter, decision, reason }) => ({ agent: nameOf(voter), decision, reason })),
    absent: answers
      .filter(({ seat }) => !casts.some(({ agentId }) => agentId === seat.agentId))
      .map((answer) => ({ agent: answer.seat.name, why: whyAbsent(answer) })),
  };
};

const noteOf = (position: number): string => `round#${String(position).padStart(4, '0')}`;

/** Counts a round, once: a vote that comes while it is being counted changes nothing that was told. */
export const countRound = async (
  context: ModeContext,
  definition: ConsensusWorkflow,
  position: number,
): Promise<RoundReport> => {
  const standing = await readRound(context, definition, position);
  const report = Json.parse(reportOf(standing, tally(standing.request)));
  return RoundReport.parse(await noteOnce(context.services, context.run, noteOf(position), report));
};

/** What a round came to, once it is counted. */
export const countedRound = async (context: ModeContext, position: number): Promise<RoundReport | undefined> => {
  const known = await readNote(context.services, context.run, noteOf(position));
  return known === undefined ? undefined : RoundReport.parse(known);
};
