import * as z from 'zod';
import { AskedWorkflow, RunRequest, type WorkflowView } from '../../../core/contract/workflow.ts';
import { MusterError } from '../../src/errors.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { ago, jsonText } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { page, pageFlags, pageNote, wholeNumber } from '../inputs.ts';
import { readShape, readValue } from '../read-value.ts';
import { describeDryRun } from '../show/describe-dry-run.ts';
import { watchRun } from '../show/watch-run.ts';
import { suggestion } from '../suggest.ts';

/** Of one whose mode was chosen also why. */
const headOf = ({ name, version, mode, choice }: WorkflowView): string =>
  `${name} v${version} (${mode}${choice === undefined ? '' : `, because ${choice.why}`})`;

const put = leaf({
  usage: 'put <file>',
  summary: 'Store a workflow as the newest version of its name',
  description: 'The same definition again is the version that exists. Runs stay with the version they began with.',
  examples: [
    'workflow put review.json',
    'workflow put review.json --dry-run',
    `workflow put '{"name":"w","mode":"sequential","steps":[{"id":"a","type":"echo"}]}'`,
  ],
  flags: [['--dry-run', 'only check it: who could do it, what it would cost, how long it would take']],
  input: z.object({ file: z.string(), dryRun: z.boolean().default(false) }),
  async run({ file, dryRun }, cli) {
    const given = {
      option: file === '-' || /^\s*\{/.test(file) ? 'What was given' : file,
      given: file,
      shape: AskedWorkflow,
      of: 'workflow',
    };
    const definition = await readShape(cli.surroundings, given);
    if (dryRun) {
      const checked = await (await cli.operator()).dryRun(definition);
      cli.output.result(checked, () => describeDryRun(checked, cli));
      return;
    }
    const view = await (await cli.client()).putWorkflow(definition);
    cli.output.result(view, () => headOf(view));
  },
});

const list = leaf({
  usage: 'ls',
  summary: 'List workflows by name, each in its newest version',
  flags: pageFlags,
  examples: ['workflow ls'],
  input: z.object(page),
  async run(query, cli) {
    const found = await (await cli.client()).listWorkflows(query);
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['WORKFLOW', 'VERSION', 'MODE', 'STORED'],
      rows: found.items.map(({ name, version, mode, createdAt }) => [name, `v${version}`, mode, ago(createdAt, now)]),
      none: 'No workflows. `muster workflow put <file>` stores one.',
    });
    pageNote(found, cli);
  },
});

/** Does something about a workflow; when there is none of that name, says which was probably meant. */
const aboutWorkflow = async <Result>(name: string, cli: Cli, act: () => Promise<Result>): Promise<Result> => {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'NOT_FOUND') throw error;
    const { items } = await (await cli.client()).listWorkflows({ limit: 100 });
    const names = items.map((each) => each.name);
    const hint = names.includes(name)
      ? undefined
      : suggestion(name, names, 'There are none yet; `muster workflow put <file>` stores one.');
    throw new CliError(error.message, { exitCode: exitCodes.notFound, hint, cause: error });
  }
};

const show = leaf({
  usage: 'show <workflow>',
  summary: 'Show the newest version of a workflow, as JSON',
  examples: ['workflow show review'],
  input: z.object({ workflow: z.string() }),
  async run({ workflow }, cli) {
    const client = await cli.client();
    const found = await aboutWorkflow(workflow, cli, () => client.getWorkflow(workflow));
    cli.output.result(found, () => `${headOf(found)}\n${jsonText(found.definition, 2)}`);
  },
});

const Start = z
  .object({
    workflow: z.string(),
    input: z.string().optional(),
    workflowVersion: wholeNumber(1, 999_999).optional(),
    reuse: z.string().optional(),
    from: z.string().optional(),
    key: z.string().min(1).max(255).optional(),
    watch: z.boolean().default(false),
  })
  .refine(({ reuse, from }) => (reuse === undefined) === (from === undefined), {
    message: 'goes with --from, and --from with --reuse',
    path: ['reuse'],
  });

const start = leaf({
  usage: 'run <workflow>',
  summary: 'Start a run of a workflow',
  description:
    'With --watch it is followed to its end: a tree and a bar on a terminal, else a line for each change, on standard error; its output is on standard output. Exit code 1 when it did not succeed.',
  flags: [
    ['--input <json>', 'JSON, a file of it, or - for standard input'],
    ['--workflow-version <n>', 'this version (default: the newest)'],
    ['--reuse <run>', 'do this earlier run of a sequential workflow again …'],
    ['--from <step>', '… from this step on'],
    ['--key <key>', 'the same key again is the same run'],
    ['--watch', 'follow it to its end'],
  ],
  examples: [`workflow run review --input '{"url":"https://example.org"}' --watch`],
  input: Start,
  async run({ workflow, input, workflowVersion, reuse, from, key, watch }, cli) {
    const request = RunRequest.safeParse({
      workflow,
      ...(input === undefined ? {} : { input: await readValue(cli.surroundings, '--input', input) }),
      ...(workflowVersion === undefined ? {} : { version: workflowVersion }),
      ...(reuse === undefined ? {} : { reuse: { runId: reuse, from } }),
    });
    if (!request.success) throw new CliError(`This is no run:\n${z.prettifyError(request.error)}`);
    const client = await cli.client();
    const run = await aboutWorkflow(workflow, cli, () => client.startRun(request.data, { idempotencyKey: key }));
    if (watch) cli.output.aside(run.runId);
    if (watch) return watchRun(run.runId, cli);
    cli.output.result(run, () => run.runId);
    return exitCodes.done;
  },
});

/** `muster workflow`. */
export const workflowsGroup: Group = {
  name: 'workflow',
  alias: 'workflows',
  summary: 'Workflows: storing them and starting runs',
  leaves: [put, list, show, start],
};
