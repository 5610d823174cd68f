import * as z from 'zod';
import type { TaskView } from '../../../core/contract/task.ts';
import type { WatchUpdate } from '../../src/watch.ts';
import type { Cli } from '../cli.ts';
import type { ExitCode } from '../exit-codes.ts';
import { jsonText, printable } from '../format.ts';
import { exitCodeOf, untilInterrupted, workGoesOn } from '../until-interrupted.ts';
import { describeTask } from './describe-task.ts';

/** What events say of a task; anything else is shown by its type alone. */
const EventData = z.looseObject({
  status: z.string().optional(),
  agentName: z.string().optional(),
  attempt: z.int().optional(),
  percent: z.number().optional(),
  message: z.string().optional(),
  chunk: z.json().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

const time = (at: number): string => new Date(at).toISOString().slice(11, 19);

const words = (update: WatchUpdate<TaskView>): readonly (string | undefined)[] => {
  if (update.kind === 'snapshot') {
    const { status, agentName, attempt, unrunnable } = update.view;
    return [status, agentName, attempt > 1 ? `attempt ${attempt}` : undefined, unrunnable];
  }
  const data = EventData.safeParse(update.event.data).data ?? {};
  if (data.chunk !== undefined) return ['chunk', typeof data.chunk === 'string' ? data.chunk : jsonText(data.chunk)];
  return [
    data.status ?? update.event.type,
    data.agentName,
    data.percent === undefined ? undefined : `${Math.round(data.percent)} %`,
    data.message,
    data.error === undefined ? undefined : `${data.error.code}: ${data.error.message}`,
  ];
};

/** Follows a task to its end, a line for each update; then shows it. */
export const tailTask = async (taskId: string, cli: Cli): Promise<ExitCode> => {
  const client = await cli.client();
  const { output, surroundings } = cli;
  const view = await untilInterrupted(
    cli,
    async (signal) => {
      let last = '';
      for await (const update of client.watchTask(taskId, { signal })) {
        const line = words(update)
          .filter((word) => word !== undefined)
          .join('  ');
        // A snapshot that says what the event before it said is no news.
        if (line === last && update.kind === 'snapshot') continue;
        last = line;
        const at = update.kind === 'event' ? update.event.at : surroundings.timers.now();
        output.entry(update, () => `${output.paint.as('dim', time(at))}  ${printable(line)}`);
      }
      signal.throwIfAborted();
      return client.getTask(taskId);
    },
    workGoesOn,
  );
  if (output.isJson) output.entry({ kind: 'end', task: view }, () => '');
  else output.result(view, () => describeTask(view, cli));
  return exitCodeOf(view.status);
};
