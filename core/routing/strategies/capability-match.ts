import { historyOf } from '../../agents/history.ts';
import type { MatchCriteria } from '../../contract/task.ts';
import { type Candidate, utilisation } from '../candidate.ts';
import type { RankRequest, SelectionStrategy } from '../strategy.ts';

type TaskToMatch = RankRequest['task'];

/** What an agent is worth at most for being a specialist: less than its success, more than small differences of load. */
const specialistBonus = 2;

const requiredOf = ({ agent }: Candidate, task: TaskToMatch) =>
  agent.capabilities.filter(({ name }) => task.requirements.capabilities.includes(name));

/** 10 for each required capability it has, 5 · success rate (1 while unknown), −3 · share of its slots taken. */
const termsOf = (candidate: Candidate, task: TaskToMatch) => ({
  capabilities: 10 * requiredOf(candidate, task).length,
  success: 5 * (historyOf(candidate.slots, task.type).successRate ?? 1),
  load: -3 * utilisation(candidate),
});

/** Share of what an agent can do that the task asks for; 1 for one that names this very type of task. */
const specialisation = (candidate: Candidate, task: TaskToMatch): number => {
  const required = requiredOf(candidate, task);
  const namesType = required.some(({ taskTypes, specialties }) =>
    [...(taskTypes ?? []), ...(specialties ?? [])].includes(task.type),
  );
  if (namesType) return 1;
  return candidate.agent.capabilities.length === 0 ? 0 : required.length / candidate.agent.capabilities.length;
};

/** The agent that matches best: 10 · required capabilities + 5 · success rate − 3 · share of its slots taken. */
export const capabilityMatch: SelectionStrategy = {
  name: 'capability_match',
  score: ({ candidates, task }) =>
    candidates.map((candidate) => {
      const terms = termsOf(candidate, task);
      return { candidate, terms, score: terms.capabilities + terms.success + terms.load };
    }),
};

/**
 * The same score among agents sure enough of every required capability; the others come last. A specialist gains up to
 * 2, and without `loadBalance` load does not count. Nothing to say when nobody is sure enough.
 */
export const capabilityMatchBy = (criteria: Omit<MatchCriteria, 'name'>): SelectionStrategy => ({
  name: 'capability_match',
  score: ({ candidates, task }) => {
    const scored = candidates.map((candidate) => {
      const { capabilities, success, load } = termsOf(candidate, task);
      const terms = {
        capabilities,
        success,
        ...(criteria.loadBalance ? { load } : {}),
        ...(criteria.preferSpecialist ? { specialist: specialistBonus * specialisation(candidate, task) } : {}),
      };
      const isSure = requiredOf(candidate, task).every(({ confidence }) => confidence >= criteria.minConfidence);
      const score = Object.values(terms).reduce((sum, term) => sum + term, 0);
      return { candidate, terms, tier: isSure ? 1 : 0, score };
    });
    return scored.every(({ tier }) => tier === 0) ? undefined : scored;
  },
});
