import type { Ruling } from './proposal.ts';

/** A decision to read. */
export function renderRuling({ decision, by, confidence, participation, tally, votes }: Ruling): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [
    `${decision === 'approve' ? 'Deploy' : 'Do not deploy'} (by ${by.replace('_', '-')}, confidence ${percent(confidence)}, participation ${percent(participation)})`,
    ...tally.map(({ option, votes: count, share }) => `  ${option}: ${count} votes, ${percent(share)} of the weight`),
    ...votes.map(
      ({ agent, decision: vote, confidence: sure, reasoning }) =>
        `  ${agent.padEnd(12)} ${vote.padEnd(8)} ${percent(sure).padStart(5)}  ${reasoning}`,
    ),
  ].join('\n');
}
