import type { AssignedTask } from '../../core/contract/task.ts';
import { MusterError } from './errors.ts';
import type { TaskContext, TaskHandler } from './task-context.ts';
import type { Timers } from './timers.ts';

/**
 * Does several tasks of one type at once; returns an output for each, in the same order. What it throws fails each of
 * them, as a single handler's does.
 */
export type BatchHandler = (
  tasks: readonly AssignedTask[],
  contexts: readonly TaskContext[],
) => readonly unknown[] | Promise<readonly unknown[]>;

/** How long a batch waits for a member whose payload is still on its way. */
const gatherMs = 1000;

interface Member {
  readonly task: AssignedTask;
  readonly context: TaskContext;
}

interface Deferred {
  readonly promise: Promise<readonly unknown[]>;
  readonly resolve: (outputs: readonly unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

/** As `Promise.withResolvers`, which Node 20 does not have. */
const deferred = (): Deferred => {
  let resolve: Deferred['resolve'] = () => undefined;
  let reject: Deferred['reject'] = () => undefined;
  const promise = new Promise<readonly unknown[]>((take, refuse) => {
    resolve = take;
    reject = refuse;
  });
  return { promise, resolve, reject };
};

/** A handler for each of `size` tasks that came together: they gather, are handled once, and each gets its own output. */
export const createBatch = (size: number, handle: BatchHandler, timers: Timers): TaskHandler => {
  let members: Member[] = [];
  let outputs = deferred();
  let callOff = (): void => undefined;
  const run = async (): Promise<void> => {
    callOff();
    const [batch, answer] = [members, outputs];
    members = [];
    outputs = deferred();
    try {
      const returned = await handle(
        batch.map(({ task }) => task),
        batch.map(({ context }) => context),
      );
      if (returned.length !== batch.length) {
        throw new MusterError(`The batch handler returned ${returned.length} outputs for ${batch.length} tasks`, {
          code: 'BATCH_MISMATCH',
        });
      }
      answer.resolve(returned);
    } catch (error) {
      answer.reject(error);
    }
  };
  return async (task, context) => {
    const position = members.push({ task, context }) - 1;
    const { promise } = outputs;
    if (position === 0) callOff = timers.after(gatherMs, () => void run());
    if (members.length === size) void run();
    return (await promise)[position];
  };
};
