import * as z from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { ago, count } from '../format.ts';
import { type Group, leaf } from '../group.ts';
import { page, pageFlags, pageNote, wholeNumber } from '../inputs.ts';

const filter = { type: z.string().optional(), code: z.string().optional() };
const filterFlags = [
  ['--type <type>', 'only tasks of this type'],
  ['--code <code>', 'only those that ended with this error'],
] as const;

const list = leaf({
  usage: 'ls',
  summary: 'List tasks that failed or timed out and were not done again, oldest first',
  flags: [...filterFlags, ...pageFlags],
  examples: ['dlq ls --type review'],
  input: z.object({ ...page, ...filter }),
  async run(query, cli) {
    const found = await (await cli.operator()).listDeadLetters(query);
    const now = cli.surroundings.timers.now();
    cli.output.rows(found, {
      head: ['TASK', 'TYPE', 'STATUS', 'ENDED', 'ATTEMPTS', 'ERROR'],
      rows: found.items.map(({ taskId, type, status, endedAt, attempt, error }) => [
        taskId,
        type,
        cli.output.paint.status(status),
        ago(endedAt, now),
        String(attempt),
        error === undefined ? '' : `${error.code}: ${error.message}`,
      ]),
      none: 'No dead letters.',
    });
    pageNote(found, cli);
  },
});

const redrive = leaf({
  usage: 'redrive',
  summary: 'Do dead letters again, oldest first',
  description:
    'Each becomes a new task, one after the other so that they do not all come at once. Exit code 1 when one was refused.',
  flags: [
    ...filterFlags,
    ['--limit <n>', 'how many at most, 1 to 100 (default: 100)'],
    ['--stagger <ms>', 'time between two of them, in milliseconds (default: 200)'],
  ],
  examples: ['dlq redrive --type review --limit 10'],
  input: z.object({ ...filter, limit: wholeNumber(1, 100).optional(), stagger: wholeNumber(0, 60_000).optional() }),
  async run({ type, code, limit, stagger }, cli) {
    const found = await (await cli.operator()).redrive({ type, code, limit, staggerMs: stagger });
    const { redriven, refused, hasMore } = found;
    cli.output.result(found, () =>
      [
        `${count(redriven.length, 'task')} done again.`,
        ...refused.map((each) => `${each.taskId} was refused: ${each.code}`),
        ...(hasMore ? ['There are more: redrive again.'] : []),
      ].join('\n'),
    );
    return refused.length === 0 ? exitCodes.done : exitCodes.failed;
  },
});

/** `muster dlq`. */
export const deadLettersGroup: Group = {
  name: 'dlq',
  alias: 'dead-letters',
  summary: 'Dead letters: tasks that failed for good, and doing them again',
  leaves: [list, redrive],
};
