import * as z from 'zod';
import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { type Finding, SEVERITIES, Severity } from './analysers/finding.ts';

/** In order: when nobody can tell, the change is not approved. */
export const verdicts = ['request_changes', 'approve'] as const;

/** The agents that vote: those that have analysed. */
export const reviewVoters = ['syntax', 'style', 'complexity', 'tests', 'security'] as const;
type Voter = (typeof reviewVoters)[number];

/** Findings of each agent by severity, and how many files there are. */
export const ReviewCounts = z.strictObject({
  files: z.int().min(0),
  byAgent: z.record(z.string(), z.record(Severity, z.int().min(0))),
});
export type ReviewCounts = z.infer<typeof ReviewCounts>;

/** What the voters are asked about. */
export function countFindings(findings: readonly Finding[], files: number): ReviewCounts {
  const byAgent = [...Map.groupBy(findings, ({ agent }) => agent)].map(([agent, own]) => {
    const counts = SEVERITIES.map((severity) => [severity, own.filter((each) => each.severity === severity).length]);
    return [agent, Object.fromEntries(counts)];
  });
  return ReviewCounts.parse({ files, byAgent: Object.fromEntries(byAgent) });
}

/** What a voter puts up with: how bad a finding may be at all, and how many there may be for each hundred files. */
const tolerance: Readonly<Record<Voter, { readonly worst: Severity; readonly perHundredFiles: number }>> = {
  syntax: { worst: 'medium', perHundredFiles: 0 },
  security: { worst: 'medium', perHundredFiles: 5 },
  complexity: { worst: 'medium', perHundredFiles: 5 },
  tests: { worst: 'high', perHundredFiles: 25 },
  style: { worst: 'high', perHundredFiles: 20 },
};

const Question = z.looseObject({ question: ReviewCounts });

/** An agent's vote on a review, by what it found itself. */
export function voteAs(voter: Voter): TaskHandler {
  return (task) => {
    const { files, byAgent } = parseInput(Question, task.input).question;
    const own = byAgent[voter];
    const { worst, perHundredFiles } = tolerance[voter];
    const counted = SEVERITIES.map((severity) => ({ severity, count: own?.[severity] ?? 0 }));
    const tooBad = counted.filter(
      ({ severity, count }) => count > 0 && SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(worst),
    );
    const total = counted.reduce((sum, { count }) => sum + count, 0);
    const allowed = Math.floor((perHundredFiles * files) / 100);
    const isAgainst = tooBad.length > 0 || total > allowed;
    const severe = tooBad.map(({ severity, count }) => `${count} ${severity}`).join(', ');
    return {
      decision: isAgainst ? 'request_changes' : 'approve',
      confidence: tooBad.length > 0 || total === 0 ? 1 : distance(total, allowed),
      reasoning: tooBad.length > 0 ? `${severe}: none is allowed` : `${total} findings, ${allowed} allowed`,
      evidence: counted.filter(({ count }) => count > 0).map(({ severity, count }) => `${count} ${severity}`),
    };
  };
}

/** From a half, at the limit, to 1, at nothing or at twice as many. */
function distance(total: number, allowed: number): number {
  return 0.5 + 0.5 * Math.min(1, Math.abs(total - allowed) / Math.max(1, allowed));
}
