import * as z from 'zod';
import {
  isTerminal,
  TaskStatus,
  TaskSubmission,
  type TaskSubmissionInput,
  type TaskView,
} from '../../../core/contract/task.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { ago, duration } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { choice, page, pageFlags, pageNote, wholeNumber } from '../inputs.ts';
import { readShape, readValue } from '../read-value.ts';
import { describeTask } from '../show/describe-task.ts';
import { explainTask } from '../show/explain-task.ts';
import { tailTask } from '../show/tail-task.ts';
import { exitCodeOf, untilInterrupted, workGoesOn } from '../until-interrupted.ts';

const one = { task: z.string() };

const tookMs = ({ startedAt, endedAt }: TaskView, now: number): string =>
  startedAt === undefined ? '' : duration((endedAt ?? now) - startedAt);

const list = leaf({
  usage: 'ls',
  summary: 'List submitted tasks, newest first',
  flags: [
    ['--status <status>', 'only tasks of this status'],
    ['--type <type>', 'only tasks of this type'],
    ...pageFlags,
  ],
  examples: ['task ls --status FAILED --limit 10'],
  input: z.object({ ...page, status: choice(TaskStatus.options).optional(), type: z.string().optional() }),
  async run(query, cli) {
    const found = await (await cli.client()).listTasks(query);
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['TASK', 'TYPE', 'STATUS', 'CREATED', 'TOOK', 'AGENT'],
      rows: found.items.map((task) => [
        task.taskId,
        task.type,
        cli.output.paint.status(task.status),
        ago(task.createdAt, now),
        tookMs(task, now),
        task.agentName ?? '',
      ]),
      none: 'No tasks. `muster task submit <type>` submits one.',
    });
    pageNote(found, cli);
  },
});

const show = leaf({
  usage: 'show <task>',
  summary: 'Show a task with its input, its output and its attempts',
  examples: ['task show tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90'],
  input: z.object(one),
  async run({ task }, cli) {
    const found = await (await cli.client()).getTask(task);
    cli.output.result(found, () => describeTask(found, cli));
  },
});

const Submit = z.object({
  type: z.string().optional(),
  file: z.string().optional(),
  input: z.string().optional(),
  capability: z.array(z.string()).optional(),
  agent: z.string().optional(),
  priority: choice(['low', 'normal', 'high', 'critical']).optional(),
  timeout: wholeNumber(1, 604_800).optional(),
  key: z.string().min(1).max(255).optional(),
  wait: z.boolean().default(false),
});

/** What is submitted: a file of it, and what the options say instead. */
const submissionOf = async (options: z.infer<typeof Submit>, cli: Cli): Promise<TaskSubmissionInput> => {
  const { surroundings } = cli;
  const { type, file, input, capability, agent, priority, timeout } = options;
  if (type === undefined && file === undefined)
    throw new CliError('A task needs a type.', { hint: 'muster task submit review --input \'{"file":"a.ts"}\'' });
  const written =
    file === undefined
      ? {}
      : await readShape(surroundings, { option: '--file', given: file, shape: TaskSubmission.partial(), of: 'task' });
  const requirements = {
    ...written.requirements,
    ...(capability === undefined ? {} : { capabilities: capability }),
    ...(agent === undefined ? {} : { agentId: agent }),
  };
  const draft = {
    ...written,
    ...(type === undefined ? {} : { type }),
    ...(input === undefined ? {} : { input: await readValue(surroundings, '--input', input) }),
    ...(priority === undefined ? {} : { priority }),
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
    ...(Object.keys(requirements).length === 0 ? {} : { requirements }),
  };
  const parsed = TaskSubmission.safeParse(draft);
  if (parsed.success) return parsed.data;
  throw new CliError(`This is no task:\n${z.prettifyError(parsed.error)}`);
};

const submit = leaf({
  usage: 'submit [type]',
  summary: 'Submit a task',
  flags: [
    ['--input <json>', 'JSON, a file of it, or - for standard input'],
    ['--file <file>', 'the whole task as a file of JSON; options overrule it'],
    ['--capability <name...>', 'what the agent must be able to do'],
    ['--agent <id>', 'the only agent that may have it'],
    ['--priority <priority>', 'low, normal, high or critical'],
    ['--timeout <seconds>', 'from now to its end, waiting included'],
    ['--key <key>', 'the same key again is the same task'],
    ['--wait', 'wait for its end and print its output'],
  ],
  examples: [
    `task submit review --input '{"file":"a.ts"}' --capability code_review --wait`,
    'task submit --file task.json --json',
  ],
  input: Submit,
  async run(options, cli) {
    const task = await submissionOf(options, cli);
    const client = await cli.client();
    const taskId = await client.submit(task, { idempotencyKey: options.key });
    if (!options.wait) {
      cli.output.result({ taskId }, () => taskId);
      return exitCodes.done;
    }
    cli.output.aside(taskId);
    const view = await untilInterrupted(cli, (signal) => client.waitForTask(taskId, { signal }), workGoesOn);
    cli.output.result(view, () => describeTask(view, cli));
    return exitCodeOf(view.status);
  },
});

const cancel = leaf({
  usage: 'cancel <task>',
  summary: 'Cancel a task; its agent is told to stop',
  flags: [['--reason <text>', 'what for']],
  examples: ['task cancel tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90 --reason "no longer needed"'],
  input: z.object({ ...one, reason: z.string().min(1).max(1024).optional() }),
  async run({ task, reason }, cli) {
    const view = await (await cli.client()).cancelTask(task, { reason });
    const state = isTerminal(view.status) ? 'is cancelled' : 'is being cancelled';
    cli.output.result(view, () => `${view.taskId} ${state}.`);
  },
});

const explain = leaf({
  usage: 'explain <task>',
  summary: 'Tell why a task is where it is: what each agent lacks, what would move it',
  examples: ['task explain tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90'],
  input: z.object(one),
  async run({ task }, cli) {
    const explanation = await (await cli.client()).explainTask(task);
    cli.output.result(explanation, () => explainTask(explanation, cli));
  },
});

const tail = leaf({
  usage: 'tail <task>',
  summary: 'Follow a task to its end: states, progress, what it streams',
  description: 'With --json one line for each update. Ends with the task; exit code 1 when it did not succeed.',
  aliases: ['watch'],
  examples: ['task tail tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90'],
  input: z.object(one),
  run: ({ task }, cli) => tailTask(task, cli),
});

const retry = leaf({
  usage: 'retry <task>',
  summary: 'Do a task that has ended once more, as a new task',
  examples: ['task retry tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90'],
  input: z.object(one),
  async run({ task }, cli) {
    const view = await (await cli.operator()).retryTask(task);
    cli.output.result(view, () => view.taskId);
  },
});

/** `muster task`. */
export const tasksGroup: Group = {
  name: 'task',
  alias: 'tasks',
  summary: 'Tasks: submitting, following, cancelling, and why they wait',
  leaves: [list, show, submit, cancel, explain, tail, retry],
};
