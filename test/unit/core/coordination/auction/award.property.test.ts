import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { award, type Bid, nextBest } from '#core/coordination/auction/award.ts';

const closesAt = 10_000;
const agents = ['agt_a', 'agt_b', 'agt_c', 'agt_d', 'agt_e'];

const bid = (agentId: string, rest: Partial<Bid> = {}): Bid => ({
  agentId,
  price: 1,
  estimatedMs: 1000,
  confidence: 0.5,
  match: 0.5,
  receivedAt: 5000,
  ...rest,
});

const anyBid = fc.record({
  price: fc.integer({ min: 0, max: 8 }),
  estimatedMs: fc.integer({ min: 0, max: 8 }),
  confidence: fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4),
  match: fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4),
});

const anyBids: fc.Arbitrary<readonly Bid[]> = fc
  .array(anyBid, { minLength: 1, maxLength: agents.length })
  .map((rows) => rows.map((row, index) => bid(agents[index] ?? '', row)));

const winners = (bids: readonly Bid[]) => award({ bids, asked: agents, closesAt }).ranked.map(({ bid }) => bid.agentId);

/** The score as a fraction of whole numbers: numerator over one denominator for all, so that equals are equal. */
const exactScore = (own: Bid, bids: readonly Bid[]): bigint => {
  const spread = (of: (bid: Bid) => number): readonly [part: bigint, whole: bigint] => {
    const values = bids.map(of);
    const range = Math.max(...values) - Math.min(...values);
    return range === 0 ? [1n, 1n] : [BigInt(Math.max(...values) - of(own)), BigInt(range)];
  };
  const [price, priceRange] = spread((bid) => bid.price);
  const [speed, speedRange] = spread((bid) => bid.estimatedMs);
  const sure = BigInt(own.confidence * 4 + own.match * 4);
  // 3/10 price + 3/10 speed + 2/10 confidence + 2/10 match, times 40 · both ranges.
  return 12n * price * speedRange + 12n * speed * priceRange + 2n * sure * priceRange * speedRange;
};

describe('award', () => {
  it('orders bids as exact fractions of .3 price, .3 speed, .2 confidence, .2 match do, equals by id', () =>
    fc.assert(
      fc.property(anyBids, (bids) => {
        const expected = bids
          .toSorted((a, b) => {
            const apart = exactScore(b, bids) - exactScore(a, bids);
            return apart === 0n ? a.agentId.localeCompare(b.agentId) : apart > 0n ? 1 : -1;
          })
          .map(({ agentId }) => agentId);
        expect(winners(bids)).toEqual(expected);
      }),
      { numRuns: 1000 },
    ));

  it('does not depend on the order in which bids come', () =>
    fc.assert(
      fc.property(
        anyBids.chain((bids) =>
          fc.tuple(fc.constant(bids), fc.shuffledSubarray([...bids], { minLength: bids.length })),
        ),
        ([bids, shuffled]) => {
          expect(winners(shuffled)).toEqual(winners(bids));
        },
      ),
    ));

  it('never ranks a bid below one that it beats or equals in everything', () =>
    fc.assert(
      fc.property(anyBids, (bids) => {
        const { ranked } = award({ bids, asked: agents, closesAt });
        const isNoWorse = (a: Bid, b: Bid): boolean =>
          a.price <= b.price && a.estimatedMs <= b.estimatedMs && a.confidence >= b.confidence && a.match >= b.match;
        const wronged = ranked.flatMap((one) =>
          ranked.filter((other) => isNoWorse(one.bid, other.bid) && one.score < other.score),
        );
        expect(wronged).toEqual([]);
        expect(ranked.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
      }),
    ));

  it('takes a bid at the very end of the window, and none after it', () => {
    const bids = [bid('agt_a', { receivedAt: closesAt }), bid('agt_b', { receivedAt: closesAt + 1, price: 0 })];
    const { ranked, rejected } = award({ bids, asked: agents, closesAt });
    expect(ranked.map(({ bid }) => bid.agentId)).toEqual(['agt_a']);
    expect(rejected).toEqual([{ agentId: 'agt_b', reason: 'late' }]);
  });

  it('names what is wrong with each bid that it does not consider', () => {
    const bids = [
      bid('agt_x', { price: 0 }),
      bid('agt_a', { price: -1 }),
      bid('agt_b', { price: Number.NaN }),
      bid('agt_c', { estimatedMs: Number.POSITIVE_INFINITY }),
      bid('agt_d', { confidence: 1.1 }),
      bid('agt_e'),
      bid('agt_e', { price: 0, receivedAt: 6000 }),
    ];
    const { ranked, rejected } = award({ bids, asked: agents, closesAt });
    expect(ranked.map(({ bid }) => bid)).toEqual([bid('agt_e')]);
    expect(rejected).toEqual([
      { agentId: 'agt_x', reason: 'not_asked' },
      { agentId: 'agt_a', reason: 'invalid_price' },
      { agentId: 'agt_b', reason: 'invalid_price' },
      { agentId: 'agt_c', reason: 'invalid_estimate' },
      { agentId: 'agt_d', reason: 'invalid_confidence' },
      { agentId: 'agt_e', reason: 'second_bid' },
    ]);
  });

  it('measures a bid among the valid ones only', () => {
    const bids = [bid('agt_a', { price: 1 }), bid('agt_b', { price: 2 }), bid('agt_x', { price: 1000 })];
    expect(award({ bids, asked: agents, closesAt }).ranked.map(({ terms }) => terms.price)).toEqual([1, 0]);
  });

  it('counts only what the weights name', () => {
    const bids = [bid('agt_a', { price: 1, confidence: 0 }), bid('agt_b', { price: 2, confidence: 1 })];
    const weights = { price: 5, speed: 0, confidence: 0, match: 0 };
    expect(award({ bids, asked: agents, closesAt, weights }).ranked.map(({ score }) => score)).toEqual([1, 0]);
  });
});

describe('nextBest', () => {
  it('goes down the ranking past those that failed, until nobody is left', () => {
    const result = award({
      bids: [bid('agt_a'), bid('agt_b', { price: 2 }), bid('agt_c', { price: 3 })],
      asked: agents,
      closesAt,
    });
    expect(nextBest(result, [])?.bid.agentId).toBe('agt_a');
    expect(nextBest(result, ['agt_a', 'agt_b'])?.bid.agentId).toBe('agt_c');
    expect(nextBest(result, ['agt_a', 'agt_b', 'agt_c'])).toBeUndefined();
    expect(nextBest(award({ bids: [], asked: agents, closesAt }), [])).toBeUndefined();
  });
});
