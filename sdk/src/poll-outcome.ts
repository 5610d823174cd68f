import { isTerminal, type TaskView } from '../../core/contract/task.ts';
import type { ClientSocket } from './client-socket.ts';
import type { TaskOutcome } from './submissions.ts';
import type { Timers } from './timers.ts';
import { pause } from './timers.ts';

/** How often an outcome is asked for while its completion may still be pushed. */
const outcomePollMs = 10_000;

/** Where an outcome is asked for. */
export interface OutcomePoll {
  readonly read: () => Promise<TaskView>;
  readonly socket: ClientSocket;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  /** It is known to have ended: the first look need not wait. */
  readonly isEnded: boolean;
}

/** A task once it has ended. A completion is pushed once; whoever was away then finds the outcome here. */
export const pollEnd = async ({ read, socket, timers, signal, isEnded }: OutcomePoll): Promise<TaskView> => {
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst || !isEnded) await pauseUntilUp(socket, timers, signal);
    signal.throwIfAborted();
    const view = await read();
    if (isTerminal(view.status)) return view;
  }
};

/** The outcome of a task that has ended. */
export const outcomeOf = ({ taskId, status, output, error, usage }: TaskView): TaskOutcome => ({
  taskId,
  status,
  output,
  error,
  usage,
});

const pauseUntilUp = async (socket: ClientSocket, timers: Timers, signal: AbortSignal): Promise<void> => {
  const up = new AbortController();
  const forget = socket.onUp(() => up.abort());
  await pause(timers, outcomePollMs, AbortSignal.any([signal, up.signal]));
  forget();
};
