import { historyOf } from '../../agents/slots.ts';
import { utilisation } from '../candidate.ts';
import type { SelectionStrategy } from '../strategy.ts';

/** 10 for each required capability it has, 5 · success rate (1 while unknown), −3 · share of its slots taken. */
export const capabilityMatch: SelectionStrategy = {
  name: 'capability_match',
  score: ({ candidates, task }) =>
    candidates.map((candidate) => {
      const names = new Set(candidate.agent.capabilities.map((capability) => capability.name));
      const matching = task.requirements.capabilities.filter((name) => names.has(name)).length;
      const history = historyOf(candidate.slots, task.type);
      const successRate = history.count === 0 ? 1 : history.succeeded / history.count;
      const terms = { capabilities: 10 * matching, success: 5 * successRate, load: -3 * utilisation(candidate) };
      return { candidate, terms, score: terms.capabilities + terms.success + terms.load };
    }),
};
