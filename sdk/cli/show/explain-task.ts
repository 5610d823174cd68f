import type { Explanation } from '../../../core/contract/explanation.ts';
import type { Cli } from '../cli.ts';

/** The first reason, and everything that the agent lacks, which may say it more exactly. */
const allOf = (whyNot: string, lacks: readonly string[]): string =>
  [...(lacks.some((lack) => lack.startsWith(`${whyNot}:`)) ? [] : [whyNot]), ...lacks].join('; ');

/** For people: where the task is, what each agent lacks, what would move it. */
export const explainTask = (explanation: Explanation, { output: { paint, width } }: Cli): string => {
  const { taskId, status, decision, queue, agents, complete, wouldUnblock } = explanation;
  const facts = paint.facts([
    ['task', { text: taskId, look: 'bold' }],
    ['status', paint.status(status)],
    ['decided by', decision?.strategy],
    ['in the queue', queue === undefined ? undefined : `${queue.isExact ? '' : 'about '}${queue.position}`],
  ]);
  const rows = agents.map(({ name, whyNot, lacks = [], score }) => [
    name,
    whyNot === undefined ? { text: 'could take it now', look: 'green' as const } : allOf(whyNot, lacks),
    score === undefined ? '' : score.toFixed(3),
  ]);
  return [
    facts,
    agents.length === 0 ? 'No agents.' : paint.table(['AGENT', 'WHY NOT', 'SCORE'], rows, width),
    ...(complete ? [] : ['There are more agents; these are a sample.']),
    ...(wouldUnblock.length === 0
      ? []
      : [paint.as('dim', 'would move it'), ...wouldUnblock.map((what) => `  ${paint.cell(what)}`)]),
  ].join('\n');
};
