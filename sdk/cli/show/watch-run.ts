import type { RunView } from '../../../core/contract/workflow.ts';
import { RunState } from '../../src/run-state.ts';
import type { Cli } from '../cli.ts';
import type { ExitCode } from '../exit-codes.ts';
import { jsonText } from '../format.ts';
import type { OutputStream } from '../surroundings.ts';
import { exitCodeOf, untilInterrupted, workGoesOn } from '../until-interrupted.ts';
import { runErrorLines } from './run-error.ts';
import { changeLine, runTree } from './run-tree.ts';

const redrawMs = 120;

/** Shows a run as it goes: a picture that is drawn again where people look, else a line for each change. */
interface Screen {
  changed(lines: readonly string[]): void;
  end(): void;
}

const plainScreen = (stream: OutputStream): Screen => ({
  changed(lines) {
    for (const line of lines) stream.write(`${line}\n`);
  },
  end: () => undefined,
});

/** Loaded only where there is a terminal. */
const liveScreen = async (stream: NodeJS.WriteStream, draw: () => string): Promise<Screen> => {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(stream);
  const redraw = (): void => update(draw());
  const timer = setInterval(redraw, redrawMs);
  return {
    changed: redraw,
    end() {
      clearInterval(timer);
      redraw();
      update.done();
    },
  };
};

const isTerminal = (stream: OutputStream): stream is NodeJS.WriteStream => stream.isTTY === true;

/** Follows a run to its end and prints its output: progress on standard error, the output on standard output. */
export const watchRun = async (runId: string, cli: Cli): Promise<ExitCode> => {
  const { output, surroundings } = cli;
  const { stderr } = surroundings;
  const client = await cli.client();
  const state = new RunState();
  const look = () => ({ now: surroundings.timers.now(), paint: output.asidePaint });
  const screen = isTerminal(stderr) ? await liveScreen(stderr, () => runTree(state, look())) : plainScreen(stderr);
  const run = await untilInterrupted(
    cli,
    async (signal) => {
      try {
        for await (const update of client.watchRun(runId, { signal })) {
          const changes = state.apply(update);
          if (output.isJson) output.entry(update, () => '');
          else screen.changed(changes.map((task) => changeLine(task, look())));
        }
      } finally {
        if (!output.isJson) screen.end();
      }
      signal.throwIfAborted();
      return client.getRun(runId);
    },
    workGoesOn,
  );
  if (output.isJson) output.entry({ kind: 'end', run }, () => '');
  else output.result(run, () => endOf(run, cli));
  return exitCodeOf(run.status);
};

const endOf = ({ runId, status, error, output }: RunView, { output: { paint } }: Cli): string => {
  const [why, ...more] = runErrorLines(error);
  const head = `${runId}  ${paint.cell(paint.status(status))}${why === undefined ? '' : paint.cell(`  ${why}`)}`;
  if (status === 'SUCCEEDED' && output !== undefined) return jsonText(output, 2);
  return [head, ...more.map((line) => paint.cell(line))].join('\n');
};
