import * as z from 'zod';
import { readSlots } from '../agents/read-agent.ts';
import type { AuctionWorkflow } from '../contract/definitions/auction.ts';
import { AgentId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { RetryPolicy } from '../contract/task.ts';
import { fillTemplate } from '../coordination/template.ts';
import { AppError } from '../errors/app-error.ts';
import { whyNotNow } from '../routing/candidate.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { templateScope } from '../runs/outputs.ts';
import { type Bids, biddersOf, bidsOf, requirementsOf } from './auction-bids.ts';
import type { ModeContext, ModeDecision, ModeRules } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

const bidsId = 'bids';
const taskId = 'task';

/** To whom the task goes: the bidder whose turn it is, or whomever the strategy finds. */
const Awarded = z.looseObject({ agentId: AgentId.optional() });
type Awarded = z.infer<typeof Awarded>;

const awardNote = (position: number): string => `awarded#${String(position).padStart(4, '0')}`;

const bidStep = ({ task, bidWindowSeconds }: AuctionWorkflow): StageStep => ({
  id: bidsId,
  type: task.type,
  kind: 'bid',
  input: null,
  members: [],
  requirements: { capabilities: [] },
  // Asked beside whatever the agent is at.
  slotCost: 0,
  timeoutSeconds: bidWindowSeconds,
  retry: RetryPolicy.parse({ maxAttempts: 1 }),
});

const workStep = (definition: AuctionWorkflow): StageStep => ({
  ...definition.task,
  id: taskId,
  inputField: 'task.input',
  requirements: requirementsOf(definition),
});

const bidStage = async (context: ModeContext, definition: AuctionWorkflow): Promise<StageSpec> => {
  const { task } = definition;
  const scope = await templateScope(context.services, context.run, [task.input]);
  const { type, description, timeoutSeconds, slotCost } = task;
  const offered = { type, input: fillTemplate(task.input, scope), timeoutSeconds, slotCost };
  const input = Json.parse({
    task: description === undefined ? offered : { ...offered, description },
    capabilities: requirementsOf(definition).capabilities,
  });
  const members = (await biddersOf(context, definition)).map(({ agentId }) => ({
    input,
    requirements: { capabilities: [], agentId },
  }));
  const step = { ...bidStep(definition), members };
  return { id: bidsId, steps: [step], completion: 'ended', width: Math.max(1, members.length) };
};

/** The winner has one try: the next best bid is what a failure is answered with. */
const workStage = async (
  { services, run }: ModeContext,
  definition: AuctionWorkflow,
  position: number,
): Promise<StageSpec> => {
  const known = await readNote(services, run, awardNote(position - 1));
  if (known === undefined) throw new AppError('NOT_FOUND', `The task was not awarded for the ${position}th time.`);
  const { agentId } = Awarded.parse(known);
  const step = workStep(definition);
  const { onNoBids } = definition;
  const byStrategy = onNoBids === 'fail' ? step : { ...step, strategy: onNoBids.strategy };
  const pinned = {
    ...step,
    requirements: { ...step.requirements, ...(agentId === undefined ? {} : { agentId }) },
    retry: { ...step.retry, maxAttempts: 1 },
  };
  return { id: taskId, steps: [agentId === undefined ? byStrategy : pinned], completion: 'all' };
};

const isThere = async ({ services, run }: ModeContext, agentId: AgentId): Promise<boolean> => {
  const slots = await readSlots(services, run.tenant, agentId);
  return slots !== undefined && whyNotNow(0, slots, services.clock.now()) === undefined;
};

/** The best bid of an agent that has not had the task; one that is not there comes after all that are. */
const nextOf = async (context: ModeContext, { bids }: Bids, had: readonly string[]): Promise<AgentId | undefined> => {
  const left = bids.filter(({ agentId }) => !had.includes(agentId)).map(({ agentId }) => agentId);
  for (const agentId of left) if (await isThere(context, agentId)) return agentId;
  return left[0];
};

const hadIt = async ({ services, run }: ModeContext, position: number): Promise<readonly Awarded[]> => {
  const notes = await Promise.all(
    Array.from({ length: position }, (_, earlier) => readNote(services, run, awardNote(earlier))),
  );
  return notes.flatMap((note) => (note === undefined ? [] : [Awarded.parse(note)]));
};

const failed = (decision: string, code: string, message: string): ModeDecision => ({
  answer: { decision },
  run: 'fail',
  error: { code, message, retryable: false },
});

const afterFailures = async (context: ModeContext, bids: Bids, position: number): Promise<ModeDecision> => {
  const [last] = await readOutcomes(context, position);
  const why = last?.error?.message ?? 'It did not do the task.';
  const many = bids.bids.length;
  return many === 0
    ? failed('failed', last?.error?.code ?? 'STEP_FAILED', `Nobody bid, and whoever was given the task failed: ${why}`)
    : failed('no_more_bids', 'ALL_BIDDERS_FAILED', `All ${many} bidders failed; the last one: ${why}`);
};

const decideAward = async (
  context: ModeContext,
  definition: AuctionWorkflow,
  position: number,
): Promise<ModeDecision> => {
  const { services, run } = context;
  const bids = await bidsOf(context, definition);
  const had = await hadIt(context, position);
  const isWithoutBids = bids.bids.length === 0;
  const result = Json.parse(bids);
  if (isWithoutBids && definition.onNoBids === 'fail')
    return { ...failed('no_bids', 'NO_BIDS', `None of the ${bids.rejected.length} agents asked made a bid.`), result };
  const next = await nextOf(
    context,
    bids,
    had.flatMap(({ agentId }) => agentId ?? []),
  );
  if (next === undefined && (!isWithoutBids || position > 0)) return afterFailures(context, bids, position);
  await noteOnce(services, run, awardNote(position), next === undefined ? {} : { agentId: next });
  return { answer: { decision: 'awarded', position: position + 1 }, run: 'continue', result };
};

/**
 * Auction: every eligible agent is asked for a bid at once, and the best one gets the task, pinned to it; when it fails or
 * dies, the next best. Stage 0 are the bids, stage k the task as it was awarded for the kth time.
 */
export const auctionRules = (definition: AuctionWorkflow): ModeRules => ({
  machine: 'auction',
  outline: [
    { id: bidsId, steps: [bidStep(definition)], completion: 'ended' },
    { id: taskId, steps: [workStep(definition)], completion: 'all' },
  ],
  plan: (context, position) =>
    position === 0 ? bidStage(context, definition) : workStage(context, definition, position),
  after: (position, outcome) => {
    if (position === 0) return { run: 'continue', token: 'succeed' };
    return outcome === 'SUCCEEDED' ? { run: 'succeed', token: 'succeed' } : { run: 'continue', token: 'fail' };
  },
  decide: (context, { position }) => decideAward(context, definition, position),
  output: { output: `{{ steps.${taskId}.output }}`, auction: '{{ result }}' },
});
