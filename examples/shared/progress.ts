import { type RunEvent, RunProgress, type TaskLine } from './run-progress.ts';

/** Where progress is written to; a process's standard output or error fits. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Of {@link createProgress}. */
export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Shows a run as it goes. */
export interface Progress {
  onEvent(event: RunEvent): void;
  /** Leaves the screen as it is to stay; call it also after an error. */
  end(): void;
}

const barWidth = 30;
const redrawMs = 200;
const maxLiveLines = 8;
const defaultColumns = 80;
const eraseLine = '\u001b[2K';
const nameWidth = 16;
const agentWidth = 16;
const stateWidth = 10;

/**
 * A line for each task: step, agent, state, elapsed. On a terminal the lines of running tasks and a bar for the run stay
 * at the bottom; elsewhere every change of status is a plain line.
 */
export function createProgress({ stream, now = Date.now }: ProgressOptions): Progress {
  return stream.isTTY === true ? createLiveProgress(stream, now) : createPlainProgress(stream, now);
}

function createPlainProgress(stream: ProgressStream, now: () => number): Progress {
  const run = new RunProgress();
  return {
    onEvent(event) {
      if (event.kind === 'planned') stream.write(`${planLine(event)}\n`);
      for (const task of run.apply(event)) stream.write(`${taskLine(task, now())}\n`);
    },
    end: () => undefined,
  };
}

function createLiveProgress(stream: ProgressStream, now: () => number): Progress {
  const run = new RunProgress();
  let shown = 0;
  // A terminal that does not know its width says 0.
  const width = (): number => Math.max(20, (stream.columns || defaultColumns) - 1);
  const erase = (): string => (shown === 0 ? '' : `\u001b[${shown}A${`${eraseLine}\n`.repeat(shown)}\u001b[${shown}A`);
  const draw = (permanent: readonly string[]): void => {
    const running = run.running.slice(0, maxLiveLines).map((task) => taskLine(task, now()));
    const hidden = run.running.length - running.length;
    const more = hidden > 0 ? [`  … and ${hidden} more`] : [];
    const live = run.isOver ? [] : [...running, ...more, barLine(run)];
    const lines = [...permanent, ...live].map((line) => `${line.slice(0, width())}\n`);
    stream.write(erase() + lines.join(''));
    shown = live.length;
  };
  const timer = setInterval(() => draw([]), redrawMs);
  timer.unref();
  return {
    onEvent(event) {
      const ended = run.apply(event).filter((task) => task.isOver);
      const head = event.kind === 'planned' ? [planLine(event)] : [];
      draw([...head, ...ended.map((task) => taskLine(task, now()))]);
    },
    end() {
      clearInterval(timer);
      stream.write(erase());
      shown = 0;
    },
  };
}

function planLine({ title, tasks }: Extract<RunEvent, { kind: 'planned' }>): string {
  return printable(tasks === undefined ? title : `${title} in ${tasks} tasks`);
}

function taskLine(task: TaskLine, now: number): string {
  const agent = printable(task.agent ?? '').padEnd(agentWidth);
  const elapsed =
    task.startedAt === undefined ? '' : `${(Math.max(0, (task.endedAt ?? now) - task.startedAt) / 1000).toFixed(1)} s`;
  const percent = task.isOver || task.percent === undefined ? '' : `  ${Math.round(task.percent)} %`;
  const note = task.note === undefined ? '' : `  ${printable(task.note)}`;
  const label = printable(task.label).padEnd(nameWidth);
  return `  ${label} ${agent} ${task.status.toLowerCase().padEnd(stateWidth)} ${elapsed.padStart(7)}${percent}${note}`;
}

function barLine(run: RunProgress): string {
  const share = run.total === 0 ? 0 : Math.min(1, run.done / run.total);
  const full = Math.floor(share * barWidth);
  return `  [${'█'.repeat(full)}${'░'.repeat(barWidth - full)}] ${run.done} of ${run.total} tasks`;
}

/** What agents say must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
