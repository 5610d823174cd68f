import { isShare } from '../millionths.ts';

/** An agent's offer for a task. `match`, 0 to 1, is how well the platform finds that the agent's capabilities fit. */
export interface Bid {
  readonly agentId: string;
  /** In US dollars. */
  readonly price: number;
  readonly estimatedMs: number;
  /** How sure the agent says it is, 0 to 1. */
  readonly confidence: number;
  readonly match: number;
  /** Epoch milliseconds at which the platform received it. */
  readonly receivedAt: number;
}

/** How much each criterion counts; shares of their sum. */
export interface BidWeights {
  readonly price: number;
  readonly speed: number;
  readonly confidence: number;
  readonly match: number;
}

/** Used where a definition names no others. */
export const defaultBidWeights: BidWeights = { price: 0.3, speed: 0.3, confidence: 0.2, match: 0.2 };

/** Why a bid is not considered. */
export type BidRejection =
  | 'not_asked'
  | 'late'
  | 'invalid_price'
  | 'invalid_estimate'
  | 'invalid_confidence'
  | 'second_bid';

/** A bid with its score, 0 to 1, and each criterion's part in 0 to 1 before weighing. */
export interface ScoredBid {
  readonly bid: Bid;
  readonly score: number;
  readonly terms: BidWeights;
}

/** The bids from best to worst, and those that were not considered. */
export interface Award {
  readonly ranked: readonly ScoredBid[];
  readonly rejected: readonly { readonly agentId: string; readonly reason: BidRejection }[];
}

/** An auction that has closed. */
export interface AwardRequest {
  readonly bids: readonly Bid[];
  /** Who was asked. */
  readonly asked: readonly string[];
  /** Epoch milliseconds; a bid received later is late. */
  readonly closesAt: number;
  readonly weights?: BidWeights;
}

const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;

const faultOf = (bid: Bid, { asked, closesAt }: AwardRequest): BidRejection | undefined => {
  if (!asked.includes(bid.agentId)) return 'not_asked';
  if (bid.receivedAt > closesAt) return 'late';
  if (!isAmount(bid.price)) return 'invalid_price';
  if (!isAmount(bid.estimatedMs)) return 'invalid_estimate';
  return isShare(bid.confidence) && isShare(bid.match) ? undefined : 'invalid_confidence';
};

/** 1 for the least of them, 0 for the most; all equal are all best. */
const lowness = (value: number, values: readonly number[]): number => {
  const least = Math.min(...values);
  const most = Math.max(...values);
  return most === least ? 1 : (most - value) / (most - least);
};

/** Bids that differ only in how their sums were rounded are equal. */
const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;

const scoreOf = (terms: BidWeights, weights: BidWeights): number => {
  const total = weights.price + weights.speed + weights.confidence + weights.match;
  const sum =
    weights.price * terms.price +
    weights.speed * terms.speed +
    weights.confidence * terms.confidence +
    weights.match * terms.match;
  return total > 0 ? rounded(sum / total) : 0;
};

/**
 * Ranks the bids. Price and speed are measured among the valid bids (the cheapest and the fastest get 1, the dearest and
 * the slowest 0), confidence and match are taken as they are. Equals are ordered by agent id, so the order in which bids
 * came in does not matter; of one agent's bids the one received first counts.
 */
export const award = (request: AwardRequest): Award => {
  const { weights = defaultBidWeights } = request;
  const valid = new Map<string, Bid>();
  const rejected: { agentId: string; reason: BidRejection }[] = [];
  for (const bid of request.bids.toSorted((a, b) => a.receivedAt - b.receivedAt)) {
    const reason = faultOf(bid, request) ?? (valid.has(bid.agentId) ? 'second_bid' : undefined);
    if (reason === undefined) valid.set(bid.agentId, bid);
    else rejected.push({ agentId: bid.agentId, reason });
  }
  const bids = [...valid.values()];
  const prices = bids.map(({ price }) => price);
  const estimates = bids.map(({ estimatedMs }) => estimatedMs);
  const ranked = bids
    .map((bid) => {
      const terms = {
        price: lowness(bid.price, prices),
        speed: lowness(bid.estimatedMs, estimates),
        confidence: bid.confidence,
        match: bid.match,
      };
      return { bid, terms, score: scoreOf(terms, weights) };
    })
    .toSorted((a, b) => b.score - a.score || (a.bid.agentId < b.bid.agentId ? -1 : 1));
  return { ranked, rejected };
};

/** The best bid of an agent that has not failed at the task, if one is left. */
export const nextBest = ({ ranked }: Award, failed: readonly string[]): ScoredBid | undefined =>
  ranked.find(({ bid }) => !failed.includes(bid.agentId));
