import * as z from 'zod';
import type { ModePlot } from './mode.ts';

const code = { capabilities: ['code'] };

const Bids = z.looseObject({
  value: z.looseObject({
    bids: z.array(z.looseObject({ agentId: z.string(), score: z.number() })),
    rejected: z.array(z.unknown()),
  }),
});

/** Bids that come, do not, or make no sense, and winners that die. */
export const auction: ModePlot = {
  workflows: [
    {
      mode: 'auction',
      name: 'sale',
      timeoutSeconds: 3600,
      task: { type: 'lot', requirements: code, timeoutSeconds: 300 },
      bidders: { capability: 'code' },
      bidWindowSeconds: 20,
    },
    {
      mode: 'auction',
      name: 'sale-or-not',
      timeoutSeconds: 3600,
      task: { type: 'lot', timeoutSeconds: 300 },
      bidders: { capability: 'review', minConfidence: 0.9 },
      bidWindowSeconds: 10,
      onNoBids: { strategy: 'least_loaded' },
    },
  ],
  inputOf: () => ({}),
  outputOf: (task, chance) => {
    if (task.kind !== 'bid') return undefined;
    if (chance.happens(0.2)) return { price: 'high' };
    return { price: chance.between(-1, 9), estimatedMs: chance.between(1, 9000), confidence: chance.pick([0, 0.5, 1]) };
  },
  judge: (court, key, { before, after }) => {
    if (key.sk !== 'NOTE#bids' || after === undefined) return;
    if (before !== undefined) court.violate('A1 bids are ranked once', key.pk);
    const ranked = Bids.safeParse(after).data?.value.bids ?? [];
    const scores = ranked.map(({ score }) => score);
    if (new Set(ranked.map(({ agentId }) => agentId)).size !== ranked.length)
      court.violate('A2 each distinct agent has one bid', key.pk);
    if (scores.some((score, index) => score > (scores[index - 1] ?? Infinity)))
      court.violate('A3 the best bid comes first', `${key.pk} ${scores.join(' ')}`);
  },
};
