import * as z from 'zod';
import { RunStatus, type RunView } from '../../../core/contract/workflow.ts';
import type { Operator } from '../../src/operator.ts';
import { RunState } from '../../src/run-state.ts';
import type { Cli } from '../cli.ts';
import { ago, duration, jsonText } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { choice, page, pageFlags, pageNote } from '../inputs.ts';
import { runErrorLines } from '../show/run-error.ts';
import { runTree } from '../show/run-tree.ts';
import { describeTimeline } from '../show/timeline.ts';
import { watchRun } from '../show/watch-run.ts';

const example = 'run_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
const one = { run: z.string() };

const list = leaf({
  usage: 'ls',
  summary: 'List runs, newest first',
  flags: [
    ['--status <status>', 'only runs of this status'],
    ['--workflow <name>', 'only runs of this workflow'],
    ...pageFlags,
  ],
  examples: ['run ls --status RUNNING', 'run ls --workflow review'],
  input: z.object({ ...page, status: choice(RunStatus.options).optional(), workflow: z.string().optional() }),
  async run(query, cli) {
    const found = await (await cli.client()).listRuns(query);
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['RUN', 'WORKFLOW', 'MODE', 'STATUS', 'STARTED', 'TOOK', 'BY'],
      rows: found.items.map(({ runId, workflow, version, mode, status, createdAt, endedAt, startedBy }) => [
        runId,
        `${workflow} v${version}`,
        mode,
        cli.output.paint.status(status),
        ago(createdAt, now),
        duration((endedAt ?? now) - createdAt),
        starterOf(startedBy),
      ]),
      none: 'No runs. `muster workflow run <name>` starts one.',
    });
    pageNote(found, cli);
  },
});

const starterOf = (startedBy: RunView['startedBy']): string =>
  startedBy === undefined
    ? ''
    : startedBy.kind === 'principal'
      ? startedBy.name
      : `${startedBy.kind} ${startedBy.name}`;

const describe = (run: RunView, { output: { paint }, surroundings }: Cli): string => {
  const state = new RunState();
  state.apply({ kind: 'snapshot', view: run });
  const { error, output, startedBy } = run;
  const event = startedBy?.eventId === undefined ? '' : `, event ${startedBy.eventId}`;
  return [
    runTree(state, { now: surroundings.timers.now(), paint }),
    ...(startedBy === undefined ? [] : [paint.cell(`started by ${starterOf(startedBy)}${event}`)]),
    ...runErrorLines(error).map((line) => `${paint.as('red', 'error')}  ${paint.cell(line)}`),
    paint.as('dim', 'input'),
    jsonText(run.input, 2),
    ...(output === undefined ? [] : [paint.as('dim', 'output'), jsonText(output, 2)]),
  ].join('\n');
};

const show = leaf({
  usage: 'show <run>',
  summary: 'Show a run with its steps, its input and its output',
  examples: [`run show ${example}`],
  input: z.object(one),
  async run({ run }, cli) {
    const found = await (await cli.client()).getRun(run);
    cli.output.result(found, () => describe(found, cli));
  },
});

const watch = leaf({
  usage: 'watch <run>',
  summary: 'Follow a run to its end and print its output',
  description:
    'Progress is on standard error. With --json one line for each update. Exit code 1 when it did not succeed.',
  examples: [`run watch ${example}`],
  input: z.object(one),
  run: ({ run }, cli) => watchRun(run, cli),
});

const cancel = leaf({
  usage: 'cancel <run>',
  summary: 'Cancel a run with everything under it',
  flags: [['--reason <text>', 'what for']],
  examples: [`run cancel ${example} --reason "started by mistake"`],
  input: z.object({ ...one, reason: z.string().min(1).max(1024).optional() }),
  async run({ run, reason }, cli) {
    const view = await (await cli.client()).cancelRun(run, { reason });
    cli.output.result(
      view,
      () => `${view.runId} ${view.status === 'CANCELLED' ? 'is cancelled' : 'is being cancelled'}.`,
    );
  },
});

const steer = (
  usage: 'pause' | 'resume',
  summary: string,
  act: (operator: Operator, run: string) => Promise<RunView>,
) =>
  leaf({
    usage: `${usage} <run>`,
    summary,
    examples: [`run ${usage} ${example}`],
    input: z.object(one),
    async run({ run }, cli) {
      const view = await act(await cli.operator(), run);
      cli.output.result(view, () => `${view.runId} is ${view.status.toLowerCase()}.`);
    },
  });

const timeline = leaf({
  usage: 'timeline <run>',
  summary: 'Show who waited, who worked, the critical path, and what coordinating cost',
  examples: [`run timeline ${example}`],
  input: z.object(one),
  async run({ run }, cli) {
    const found = await (await cli.operator()).getTimeline(run);
    cli.output.result(found, () =>
      found.entries.length === 0 ? 'Nothing has begun yet.' : describeTimeline(found, cli),
    );
  },
});

const stop = leaf({
  usage: 'stop <run>',
  summary: 'Stop a run at once, with everything under it',
  flags: [['--reason <text>', 'why, as its agents are told']],
  examples: [`run stop ${example} --reason "it writes to production"`],
  input: z.object({ ...one, reason: z.string().max(1024).optional() }),
  async run({ run, reason }, cli) {
    const view = await (await cli.operator()).stopRun(run, { reason });
    cli.output.result(view, () => `${view.runId} is ${view.status.toLowerCase()}.`);
  },
});

/** `muster run`. */
export const runsGroup: Group = {
  name: 'run',
  alias: 'runs',
  summary: 'Runs: following, pausing, cancelling, and what they took so long for',
  leaves: [
    list,
    show,
    watch,
    cancel,
    stop,
    timeline,
    steer('pause', 'Pause a run: what agents have goes on, nothing new begins', (operator, run) =>
      operator.pauseRun(run),
    ),
    steer('resume', 'Let a paused run go on', (operator, run) => operator.resumeRun(run)),
  ],
};
