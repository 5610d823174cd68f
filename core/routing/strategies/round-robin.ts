import type { SelectionStrategy } from '../strategy.ts';

/** Each in turn, in order of id. The cursor is the dispatcher's own, from a random start, so no shared counter is written. */
export const roundRobin: SelectionStrategy = {
  name: 'round_robin',
  score: ({ candidates, turn }) => {
    const inOrder = candidates.toSorted((a, b) => (a.agent.agentId < b.agent.agentId ? -1 : 1));
    return inOrder.map((candidate, position) => {
      const distance = (((position - turn) % inOrder.length) + inOrder.length) % inOrder.length;
      return { candidate, terms: { distance: -distance }, score: -distance };
    });
  },
};
