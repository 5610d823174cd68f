import * as z from 'zod';
import type { AttemptView, TaskView } from '../../../core/contract/task.ts';
import type { Cli } from '../cli.ts';
import { count, dollars, duration } from '../format.ts';
import { leaf } from '../group.ts';
import { wholeNumber } from '../inputs.ts';

/** What was spent on one thing. */
interface Spent {
  readonly costUsd: number;
  readonly workMs: number;
  readonly tasks: number;
}

/** Sums by name, the dearest first. */
class Sums {
  readonly #sums = new Map<string, Spent>();

  add(name: string, { costUsd, workMs, tasks }: Spent): void {
    const before = this.#sums.get(name) ?? { costUsd: 0, workMs: 0, tasks: 0 };
    this.#sums.set(name, {
      costUsd: before.costUsd + costUsd,
      workMs: before.workMs + workMs,
      tasks: before.tasks + tasks,
    });
  }

  get list(): ({ readonly name: string } & Spent)[] {
    return [...this.#sums]
      .map(([name, spent]) => ({ name, ...spent }))
      .toSorted((one, other) => other.costUsd - one.costUsd || other.workMs - one.workMs);
  }
}

const unassigned = '(nobody)';

/** Runs that are asked for at a time. */
const atOnce = 5;

interface Chosen {
  readonly run?: string | undefined;
  readonly last: number;
}

/** What was spent, by the agent and by what it was for. */
interface Books {
  readonly agents: Sums;
  readonly workflows: Sums;
}

const addRuns = async (cli: Cli, { run, last }: Chosen, { agents, workflows }: Books): Promise<number> => {
  const client = await cli.client();
  const operator = await cli.operator();
  const runs = run === undefined ? (await client.listRuns({ limit: last })).items : [await client.getRun(run)];
  for (let from = 0; from < runs.length; from += atOnce) {
    const some = runs.slice(from, from + atOnce).map(async ({ runId, workflow }) => {
      for (const entry of (await operator.getTimeline(runId)).entries) {
        const spent = { costUsd: entry.costUsd, workMs: entry.workMs, tasks: 1 };
        agents.add(entry.agentName ?? entry.agentId ?? unassigned, spent);
        workflows.add(workflow, spent);
      }
    });
    await Promise.all(some);
  }
  return runs.length;
};

/** From when an agent was given the task: few say that they have begun. */
const workOf = ({ startedAt, assignedAt, endedAt }: AttemptView, now: number): number => {
  const from = startedAt ?? assignedAt;
  return from === undefined ? 0 : Math.max(0, (endedAt ?? now) - from);
};

/** Every attempt counts for its agent; what it cost is told with the result alone, so it is the last one's. */
const addTask = (task: TaskView, now: number, { agents, workflows }: Books): void => {
  const attempts = task.attempts ?? [];
  const costUsd = task.usage?.costUsd ?? 0;
  const works = attempts.map((attempt) => workOf(attempt, now));
  workflows.add(`task ${task.type}`, { costUsd, workMs: works.reduce((sum, ms) => sum + ms, 0), tasks: 1 });
  if (attempts.length === 0) agents.add(unassigned, { costUsd, workMs: 0, tasks: 1 });
  for (const [index, { agentName, agentId }] of attempts.entries()) {
    const isLast = index === attempts.length - 1;
    const spent = { costUsd: isLast ? costUsd : 0, workMs: works[index] ?? 0, tasks: isLast ? 1 : 0 };
    agents.add(agentName ?? agentId, spent);
  }
};

/** Tasks of a run are not in this list. */
const addTasks = async (cli: Cli, { run, last }: Chosen, books: Books): Promise<number> => {
  if (run !== undefined) return 0;
  const { items } = await (await cli.client()).listTasks({ limit: last });
  const now = cli.surroundings.timers.now();
  for (const task of items) addTask(task, now, books);
  return items.length;
};

const gather = async (cli: Cli, chosen: Chosen) => {
  const books: Books = { agents: new Sums(), workflows: new Sums() };
  const runs = await addRuns(cli, chosen, books);
  const tasks = await addTasks(cli, chosen, books);
  return { runs, tasks, agents: books.agents.list, workflows: books.workflows.list };
};

/** `muster cost`. */
export const cost = leaf({
  usage: 'cost',
  summary: 'Sum up what work cost, by workflow and by agent',
  description:
    'Money is what agents reported with their results (models and the like), not what AWS bills; docs/cost.md has that. Counts the newest runs and the newest tasks that were submitted by themselves. WORK is the time that agents had tasks, several at once counted each: of a task by itself every attempt, of a run’s task the last one; what an attempt that failed cost is not told, and time in which an agent had nothing is nobody’s.',
  flags: [
    ['--run <run>', 'this run alone'],
    ['--last <n>', 'how many runs and how many tasks, 1 to 100 (default: 20)'],
  ],
  examples: ['cost', 'cost --run run_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90 --json'],
  input: z.object({ run: z.string().optional(), last: wholeNumber(1, 100).default(20) }),
  async run(options, cli) {
    const { runs, tasks, agents, workflows } = await gather(cli, options);
    const total = agents.reduce((sum, { costUsd }) => sum + costUsd, 0);
    const { paint } = cli.output;
    const table = (title: string, spent: typeof agents): string =>
      paint.table(
        [title, 'TASKS', 'WORK', 'COST'],
        spent.map((each) => [each.name, String(each.tasks), duration(each.workMs), dollars(each.costUsd)]),
      );
    cli.output.result({ totalUsd: total, runs, tasks, workflows, agents }, () =>
      agents.length === 0
        ? 'Nothing was done yet.'
        : [
            table('WORKFLOW', workflows),
            table('AGENT', agents),
            `${dollars(total)} in ${count(runs, 'run')} and ${count(tasks, 'task')} by themselves.`,
          ].join('\n\n'),
    );
  },
});
