import type { DryRun } from '../../../core/contract/dry-run.ts';
import type { Cli } from '../cli.ts';
import { dollars, duration } from '../format.ts';

/** For people: what a run would take, and what nobody would do now. */
export const describeDryRun = (
  { name, mode, steps, unserved, estimate }: DryRun,
  { output: { paint } }: Cli,
): string => {
  const rows = steps.map(({ step, type, kind, workflow, tasks, isCountUnknown, agents, expectedSeconds }) => [
    step,
    type ?? workflow ?? kind,
    `${tasks}${isCountUnknown === true ? ' or more' : ''}`,
    agents === undefined ? '' : `${agents.live} of ${agents.eligible}`,
    expectedSeconds === undefined ? '' : duration(expectedSeconds * 1000),
  ]);
  const lacking = unserved.map(
    ({ step, reason, workflow, capabilities = workflow === undefined ? [] : [workflow] }) =>
      `${step}: ${reason}${capabilities.length === 0 ? '' : ` (${capabilities.join(', ')})`}`,
  );
  const atLeast = estimate.unknownDurations.length === 0 ? '' : 'at least ';
  return [
    `${name} (${mode}) is a workflow; nothing was stored.`,
    paint.table(['STEP', 'DOES', 'TASKS', 'AGENTS', 'EACH'], rows),
    paint.facts([
      ['takes', `${atLeast}${duration(estimate.expectedSeconds * 1000)}`],
      ['agents ask', dollars(estimate.agentsUsd)],
      ['platform', dollars(estimate.platformUsd)],
    ]),
    ...(lacking.length === 0
      ? []
      : [paint.as('yellow', 'nobody would do:'), ...lacking.map((line) => `  ${paint.cell(line)}`)]),
  ].join('\n');
};
