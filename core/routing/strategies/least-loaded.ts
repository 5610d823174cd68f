import { loadOf } from '../../agents/slots.ts';
import type { SelectionStrategy } from '../strategy.ts';

/** Prefers the agent that carries least: fewest live task costs; among equals the larger share of free slots, then priority. */
export const leastLoaded: SelectionStrategy = {
  name: 'least_loaded',
  score: ({ candidates }) =>
    candidates.map((candidate) => {
      const load = loadOf(candidate.slots);
      const free = candidate.slots.freeSlots / candidate.slots.maxConcurrency;
      // Load is whole numbers, so the two below it only order equals: free ≤ 1 weighs under 1, priority ≤ 100 under 0.01.
      const terms = { load: -load, free: free * 0.5, priority: candidate.agent.priority * 0.0001 };
      return { candidate, terms, score: terms.load + terms.free + terms.priority };
    }),
};
