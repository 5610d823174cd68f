import * as z from 'zod';
import type { AuctionWorkflow } from '../contract/definitions/auction.ts';
import { AgentId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import type { Requirements } from '../contract/task.ts';
import { award, type Bid } from '../coordination/auction/award.ts';
import { readMembers } from '../runs/members.ts';
import { noteOnce, readNote } from '../runs/notes.ts';
import { type EligibleAgent, eligibleAgents } from './eligible-agents.ts';
import type { ModeContext } from './mode-rules.ts';
import { type MemberOutcome, readOutcomes } from './run-reader.ts';

/** An agent that is asked for a bid. `match` is what the platform thinks of its fitness, whatever it says itself. */
export const Bidder = z.looseObject({ agentId: AgentId, name: z.string(), match: z.number() });
export type Bidder = z.infer<typeof Bidder>;

const RankedBid = z.looseObject({
  agent: z.string(),
  agentId: AgentId,
  score: z.number(),
  price: z.number(),
  estimatedMs: z.number(),
  confidence: z.number(),
  match: z.number(),
  /** Each criterion before weighing, 0 to 1. */
  terms: z.looseObject({ price: z.number(), speed: z.number(), confidence: z.number(), match: z.number() }),
});

/** What the bids came to: best first, and those that were not considered. */
export const Bids = z.looseObject({
  bids: z.array(RankedBid),
  rejected: z.array(z.looseObject({ agent: z.string(), reason: z.string() })),
});
export type Bids = z.infer<typeof Bids>;

const biddersNote = 'bidders';
const bidsNote = 'bids';

/** What whoever does the task must fulfil. */
export const requirementsOf = ({ task, bidders }: Pick<AuctionWorkflow, 'task' | 'bidders'>): Requirements => ({
  ...task.requirements,
  capabilities: [...new Set([bidders.capability, ...task.requirements.capabilities])],
  ...(bidders.minConfidence === undefined ? {} : { minConfidence: bidders.minConfidence }),
});

/** The mean of its confidences in what is required. */
const matchOf = ({ agent }: EligibleAgent, { capabilities }: Requirements): number => {
  const confidences = capabilities.map(
    (name) => agent.capabilities.find((capability) => capability.name === name)?.confidence ?? 0,
  );
  return confidences.reduce((sum, confidence) => sum + confidence, 0) / Math.max(1, confidences.length);
};

/** Who is asked: every eligible agent that is there, chosen once. */
export const biddersOf = async (context: ModeContext, definition: AuctionWorkflow): Promise<readonly Bidder[]> => {
  const { services, run } = context;
  const known = await readNote(services, run, biddersNote);
  if (known !== undefined) return z.array(Bidder).parse(known);
  const requirements = requirementsOf(definition);
  const found = (await eligibleAgents(context, { requirements, type: definition.task.type })).filter(
    ({ isLive }) => isLive,
  );
  const chosen = found.map((one) => ({
    agentId: one.agent.agentId,
    name: one.agent.name,
    match: matchOf(one, requirements),
  }));
  return z.array(Bidder).parse(await noteOnce(services, run, biddersNote, chosen));
};

const BidOutput = z.looseObject({ price: z.number(), estimatedMs: z.number(), confidence: z.number().optional() });

type Refused = Bids['rejected'][number];

/** An agent's bid as it is compared, or why there is none. Its task is its own: nobody bids for another. */
const bidOf = ({ agentId, name, match }: Bidder, outcome: MemberOutcome | undefined): Bid | Refused => {
  if (outcome?.status !== 'SUCCEEDED' || outcome.agentId !== agentId)
    return { agent: name, reason: outcome?.status === 'TIMED_OUT' ? 'no_bid_in_time' : 'no_bid' };
  const { data } = BidOutput.safeParse(outcome.output);
  if (data === undefined) return { agent: name, reason: 'malformed' };
  const { price, estimatedMs, confidence = outcome.confidence ?? 1 } = data;
  return { agentId, price, estimatedMs, confidence, match, receivedAt: outcome.endedAt ?? 0 };
};

const isBid = (one: Bid | Refused): one is Bid => 'receivedAt' in one;

const rankBids = async (context: ModeContext, definition: AuctionWorkflow): Promise<Bids> => {
  const { services, run } = context;
  const bidders = await biddersOf(context, definition);
  const outcomes = await readOutcomes(context, 0);
  const tasks = await readMembers(services, run, 0, { from: 0, count: bidders.length });
  const answers = bidders.map((bidder, item) =>
    bidOf(
      bidder,
      outcomes.find((outcome) => outcome.item === item),
    ),
  );
  const nameOf = (agentId: string): string => bidders.find((bidder) => bidder.agentId === agentId)?.name ?? agentId;
  const { ranked, rejected } = award({
    bids: answers.filter(isBid),
    asked: bidders.map(({ agentId }) => agentId),
    // What each was told: the tasks were made one after the other.
    closesAt: Math.max(0, ...tasks.map((task) => task?.deadlineAt ?? 0)),
    weights: definition.scoring,
  });
  return {
    bids: ranked.map(({ bid, score, terms }) => ({
      agent: nameOf(bid.agentId),
      agentId: AgentId.parse(bid.agentId),
      score,
      price: bid.price,
      estimatedMs: bid.estimatedMs,
      confidence: bid.confidence,
      match: bid.match,
      terms: { ...terms },
    })),
    rejected: [
      ...answers.filter((one): one is Refused => !isBid(one)),
      ...rejected.map(({ agentId, reason }) => ({ agent: nameOf(agentId), reason })),
    ],
  };
};

/** The bids, ranked once: one that comes while they are compared is late. */
export const bidsOf = async (context: ModeContext, definition: AuctionWorkflow): Promise<Bids> => {
  const { services, run } = context;
  const known = await readNote(services, run, bidsNote);
  const bids = known ?? (await noteOnce(services, run, bidsNote, Json.parse(await rankBids(context, definition))));
  return Bids.parse(bids);
};
