import * as z from 'zod';
import type { ConsensusWorkflow } from '../contract/definitions/consensus.ts';
import { Json } from '../contract/json.ts';
import { RetryPolicy } from '../contract/task.ts';
import { canStillChange } from '../coordination/consensus/can-still-change.ts';
import { fillTemplate } from '../coordination/template.ts';
import { templateScope } from '../runs/outputs.ts';
import { countedRound, countRound, type RoundReport, readRound, seatsWithAgent } from './consensus-round.ts';
import { seatsOf } from './consensus-seats.ts';
import type { ModeContext, ModeDecision, ModeRules } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

const votesId = 'votes';
const personId = 'person';

const voteStep = ({ type, description, question, deadlineSeconds }: ConsensusWorkflow): StageStep => ({
  id: votesId,
  type,
  ...(description === undefined ? {} : { description }),
  kind: 'vote',
  input: question,
  inputField: 'question',
  requirements: { capabilities: [] },
  members: [],
  // Asked beside whatever the voter is at.
  slotCost: 0,
  timeoutSeconds: deadlineSeconds,
  retry: RetryPolicy.parse({}),
});

/** The stage after the last round: a person is shown the question and how it stands. */
const personStep = (definition: ConsensusWorkflow): StageStep => ({
  id: personId,
  approval: { options: definition.options, proceedOn: definition.options },
  input: definition.question,
  inputField: 'question',
  requirements: { capabilities: [] },
  slotCost: 0,
  timeoutSeconds: definition.timeoutSeconds,
  retry: RetryPolicy.parse({}),
});

const questionOf = async ({ services, run }: ModeContext, { question }: ConsensusWorkflow): Promise<Json> =>
  fillTemplate(question, await templateScope(services, run, [question]));

/** How it stood before, as those that are asked next are told. */
const previousOf = async (context: ModeContext, position: number): Promise<{ previous?: Json }> => {
  const report = position === 0 ? undefined : await countedRound(context, position - 1);
  if (report === undefined) return {};
  const { round, reasoning, tally, votes } = report;
  return { previous: Json.parse({ round, reasoning, tally, votes }) };
};

const voteStage = async (context: ModeContext, definition: ConsensusWorkflow, position: number): Promise<StageSpec> => {
  const seats = seatsWithAgent(await seatsOf(context, definition));
  const { options } = definition;
  const input = {
    question: await questionOf(context, definition),
    options,
    round: position + 1,
    ...(await previousOf(context, position)),
  };
  const members = seats.map(({ agentId }) => ({
    input,
    requirements: { capabilities: [], ...(agentId === undefined ? {} : { agentId }) },
  }));
  return {
    id: votesId,
    steps: [{ ...voteStep(definition), members }],
    completion: 'settled',
    width: Math.max(1, members.length),
  };
};

const personStage = async (
  context: ModeContext,
  definition: ConsensusWorkflow,
  position: number,
): Promise<StageSpec> => {
  const { options } = definition;
  const input = { question: await questionOf(context, definition), options, ...(await previousOf(context, position)) };
  return { id: personId, steps: [{ ...personStep(definition), members: [{ input }] }], completion: 'ended' };
};

/** The run's result: who said what, and what was made of it. */
const resultOf = (report: RoundReport, ruled: Readonly<Record<string, Json>>): Json => {
  const { round, kind: _kind, reasoning, ...figures } = report;
  return Json.parse({ ...figures, rounds: round, reasoning, ...ruled });
};

const tallyRound = async (
  context: ModeContext,
  definition: ConsensusWorkflow,
  position: number,
): Promise<ModeDecision> => {
  const report = await countRound(context, definition, position);
  switch (report.kind) {
    case 'decided':
      return { answer: { decision: 'decided' }, run: 'succeed', result: resultOf(report, {}) };
    case 'next_round':
    case 'escalate':
      return { answer: { decision: report.kind, position: position + 1 }, run: 'continue' };
    case 'insufficient_participation':
      return {
        answer: { decision: 'insufficient_participation' },
        run: 'fail',
        error: { code: 'INSUFFICIENT_PARTICIPATION', message: report.reasoning, retryable: false },
        result: resultOf(report, { decision: null }),
      };
  }
};

const Given = z.looseObject({ decision: z.string(), by: z.string(), comment: z.string().optional() });

/** Takes what a person answered where the voters came to nothing. */
const takeAnswer = async (context: ModeContext, position: number): Promise<ModeDecision> => {
  const [outcome] = await readOutcomes(context, position);
  const report = await countedRound(context, position - 1);
  const given = Given.safeParse(outcome?.output);
  if (report === undefined || !given.success) {
    const error = outcome?.error ?? { code: 'EXPIRED', message: 'Nobody decided.', retryable: false };
    return { answer: { decision: 'nobody_decided' }, run: 'fail', error };
  }
  const { decision, by, comment } = given.data;
  const reasoning = `${report.reasoning} ${by} decided for ${decision}${comment === undefined ? '.' : `: ${comment}`}`;
  return {
    answer: { decision: 'decided' },
    run: 'succeed',
    result: resultOf(report, { decision, by: 'person', person: by, confidence: 1, reasoning }),
  };
};

/**
 * Consensus: all voters are asked at once, their votes counted when all have ended or none can change anything, and asked
 * again with each other's reasons until an option wins or the rounds are over. Rounds are stages 0 to `maxRounds` - 1; the
 * one after is a person's.
 */
export const consensusRules = (definition: ConsensusWorkflow): ModeRules => {
  const { maxRounds, tieBreaker } = definition;
  const votes: StageSpec = { id: votesId, steps: [voteStep(definition)], completion: 'settled' };
  const person: StageSpec = { id: personId, steps: [personStep(definition)], completion: 'ended' };
  return {
    machine: 'consensus',
    outline: tieBreaker === 'escalate' ? [votes, person] : [votes],
    plan: (context, position) =>
      position < maxRounds ? voteStage(context, definition, position) : personStage(context, definition, position),
    after: () => ({ run: 'continue', token: 'succeed' }),
    isSettled: async (context, position) => {
      const { request, open } = await readRound(context, definition, position);
      return !canStillChange(request, open);
    },
    decide: (context, { position }) =>
      position < maxRounds ? tallyRound(context, definition, position) : takeAnswer(context, position),
    output: '{{ result }}',
  };
};
