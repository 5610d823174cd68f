import { isOver, type RunState, type StepLine, type TaskLine } from '../../src/run-state.ts';
import { duration } from '../format.ts';
import type { Cell, Paint } from '../output.ts';

/** Tasks of one step that are shown; the others are counted. */
const shownTasks = 8;
const barWidth = 30;

const elapsed = ({ startedAt, endedAt }: Pick<TaskLine, 'startedAt' | 'endedAt'>, now: number): string =>
  startedAt === undefined ? '' : duration((endedAt ?? now) - startedAt);

const wordsOf = (task: TaskLine, now: number, paint: Paint): readonly Cell[] => [
  paint.status(task.status),
  elapsed(task, now),
  task.agent ?? '',
  task.attempt > 1 ? `attempt ${task.attempt}` : '',
  task.percent === undefined || isOver(task.status) ? '' : `${Math.round(task.percent)} %`,
  task.note ?? '',
];

const join = (cells: readonly Cell[], paint: Paint): string =>
  cells
    .filter((cell) => cell !== '')
    .map((cell) => paint.cell(cell))
    .join('  ');

/** Those that are at work first, then what waits, then what is done. */
const rank = ({ status }: TaskLine): number =>
  status === 'RUNNING' || status === 'ASSIGNED'
    ? 0
    : status === 'FAILED' || status === 'TIMED_OUT'
      ? 1
      : isOver(status)
        ? 3
        : 2;

const stepLines = ({ step, status, tasks }: StepLine, now: number, paint: Paint): string[] => {
  const [only] = tasks;
  if (only === undefined) return [join([step, paint.status(status)], paint)];
  if (tasks.length === 1) return [join([step, ...wordsOf(only, now, paint)], paint)];
  const done = tasks.filter((task) => isOver(task.status)).length;
  const shown = tasks.toSorted((one, other) => rank(one) - rank(other)).slice(0, shownTasks);
  const lines = shown.map((task) => join([task.taskId.slice(0, 12), ...wordsOf(task, now, paint)], paint));
  const hidden = tasks.length - shown.length;
  const branches = [...lines, ...(hidden > 0 ? [paint.as('dim', `… and ${hidden} more`)] : [])];
  const head = join([step, paint.status(status), `${done} of ${tasks.length}`], paint);
  return [head, ...branches.map((line, index) => `${index === branches.length - 1 ? '└─' : '├─'} ${line}`)];
};

const bar = ({ done, total }: { readonly done: number; readonly total: number }, paint: Paint): string => {
  const full = total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * barWidth);
  return `${paint.as('green', '█'.repeat(full))}${paint.as('dim', '░'.repeat(barWidth - full))} ${done} of ${total}`;
};

/** A run as a tree of its steps and their tasks, with a bar below while it is not over. */
export const runTree = (state: RunState, { now, paint }: { readonly now: number; readonly paint: Paint }): string => {
  const { view, steps } = state;
  if (view === undefined) return '';
  const { runId, workflow, version, status, startedAt = view.createdAt, endedAt } = view;
  const head = join(
    [
      { text: workflow, look: 'bold' },
      `v${version}`,
      runId,
      paint.status(status),
      elapsed({ startedAt, endedAt }, now),
    ],
    paint,
  );
  const branches = steps.flatMap((step, index) => {
    const isLast = index === steps.length - 1;
    const [first = '', ...rest] = stepLines(step, now, paint);
    return [`${isLast ? '└─' : '├─'} ${first}`, ...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
  });
  const isEnded = endedAt !== undefined || isOver(status);
  return [head, ...branches, ...(isEnded ? [] : [bar(state.progress, paint)])].join('\n');
};

/** One change of a task, as a plain line. */
export const changeLine = (task: TaskLine, { now, paint }: { readonly now: number; readonly paint: Paint }): string =>
  join([task.step, ...wordsOf(task, now, paint)], paint);
