import * as z from 'zod';
import type { ModePlot } from './mode.ts';

const Term = z.looseObject({ value: z.looseObject({ number: z.int(), leader: z.string() }) });

/** Leaders that die or are too slow: each term has one leader, for good. */
export const leaderElect: ModePlot = {
  workflows: [
    {
      mode: 'leader_elect',
      name: 'lead',
      timeoutSeconds: 3600,
      candidates: { capability: 'code' },
      // Whoever leads gives out part of it in the name of the term.
      task: { type: 'family', timeoutSeconds: 120 },
      termSeconds: 60,
      maxTerms: 3,
    },
  ],
  inputOf: () => ({}),
  judge: (court, key, { before, after }) => {
    if (!key.sk.startsWith('NOTE#term#') || after === undefined) return;
    const { data } = Term.safeParse(after);
    if (before !== undefined) court.violate('E1 a term has one leader', `${key.pk} ${key.sk}`);
    if (data !== undefined && Number(key.sk.slice(-4)) !== data.value.number)
      court.violate('E2 terms are numbered', `${key.pk} ${key.sk} is ${data.value.number}`);
  },
};
