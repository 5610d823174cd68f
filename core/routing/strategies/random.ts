import type { SelectionStrategy } from '../strategy.ts';

/** Anyone, all equally likely: all score the same, and chance breaks ties. */
export const random: SelectionStrategy = {
  name: 'random',
  score: ({ candidates }) => candidates.map((candidate) => ({ candidate, terms: {}, score: 0 })),
};
