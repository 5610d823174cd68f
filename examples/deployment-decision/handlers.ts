import * as z from 'zod';
import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { Proposal, type Vote } from './proposal.ts';
import { voteOnCost, voteOnPerformance, voteOnReliability, voteOnSecurity } from './voters.ts';

const Question = z.looseObject({ question: Proposal });

const voter =
  (vote: (proposal: Proposal) => Vote): TaskHandler =>
  (task) =>
    vote(parseInput(Question, task.input).question);

/** What each agent makes of a proposal. */
export const voters = {
  security: voter(voteOnSecurity),
  performance: voter(voteOnPerformance),
  cost: voter(voteOnCost),
  reliability: voter(voteOnReliability),
};
