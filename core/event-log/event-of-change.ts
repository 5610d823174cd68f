import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { errorAsTold, Run } from '../runs/run.ts';
import type { Item } from '../table/table.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { taskData } from '../watch/watchers.ts';

/** An item before and after a write; there is no `before` of what is new. */
export interface ItemChange {
  readonly before: Item | undefined;
  readonly after: Item;
}

/** What a log says of one change, without its number. */
export interface Happening {
  readonly type: string;
  readonly taskId?: Task['taskId'];
  readonly runId?: Run['runId'];
  readonly agentId?: Task['agentId'];
  readonly data: Record<string, Json>;
}

/** One change of an item whose changes are logged. */
export interface LoggedChange {
  readonly tenant: string;
  /** The same change has the same id, however often it is handed over. */
  readonly id: string;
  /** The item's revision after it: every logged write raises it by one. */
  readonly rev: number;
  /** The logs that it belongs to. In one that it opens it says how things stand. */
  readonly topics: readonly { readonly topic: string; readonly opens: boolean }[];
  readonly happening: (opens: boolean) => Happening;
}

const bornAs: Readonly<Partial<Record<Task['status'], string>>> = {
  PENDING: 'task.held',
  QUEUED: 'task.queued',
  ASSIGNED: 'task.assigned',
};

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** What the holder said. */
const saidType = (before: Task, after: Task): string => {
  const isFirstWord = before.startedAt === undefined || before.acceptedAt !== after.acceptedAt;
  return isFirstWord && isSame(before.progress, after.progress) ? 'task.started' : 'task.progress';
};

const taskType = (before: Task | undefined, after: Task): string => {
  if (after.endedAt !== undefined) return before?.endedAt === undefined ? 'task.completed' : 'task.changed';
  return before === undefined ? (bornAs[after.status] ?? 'task.state') : openType(before, after);
};

/** Of a task that has not ended. */
const openType = (before: Task, after: Task): string => {
  if (after.attempt > before.attempt) return 'task.assigned';
  if (before.status === 'ASSIGNED') {
    if (after.status === 'ASSIGNED') return saidType(before, after);
    if (after.waitingFor !== undefined) return 'task.waiting';
    return after.handoffs?.length === before.handoffs?.length ? 'task.retrying' : 'task.handed_off';
  }
  if (after.status === 'QUEUED' && before.status !== 'QUEUED') return 'task.queued';
  return after.waitingOn !== before.waitingOn ? 'task.held' : 'task.changed';
};

const runType = (before: Run, after: Run): string => {
  if (after.endedAt !== undefined && before.endedAt === undefined) return 'run.completed';
  if (after.status !== before.status) return 'run.state';
  return isSame(before.progress, after.progress) ? 'run.changed' : 'run.progress';
};

const taskOf = (item: Item | undefined): Task | undefined => {
  const found = readTask(item);
  return found.kind === 'task' ? found.task : undefined;
};

const topicsOf = (names: readonly ('taskLog' | 'runLog')[], { before, after }: ItemChange): LoggedChange['topics'] =>
  names.flatMap((name) => {
    const topic = after[name];
    return typeof topic === 'string' ? [{ topic, opens: before !== undefined && before[name] === undefined }] : [];
  });

const taskChange = (change: ItemChange, after: Task): LoggedChange => {
  const before = taskOf(change.before);
  const { tenant, taskId, rev, place, agentId } = after;
  return {
    tenant,
    id: `${taskId}#${rev}`,
    rev,
    topics: topicsOf(['taskLog', 'runLog'], { before: before === undefined ? undefined : change.before, after }),
    happening: (opens) => ({
      type: opens && after.endedAt === undefined ? 'task.state' : taskType(opens ? undefined : before, after),
      taskId,
      ...(place === undefined ? {} : { runId: place.runId }),
      ...(agentId === undefined ? {} : { agentId }),
      data: taskData(after),
    }),
  };
};

const runChange = (change: ItemChange, after: Run): LoggedChange => {
  const before = change.before === undefined ? after : Run.parse(change.before);
  const { tenant, runId, rev, status, error, progress, endedAt } = after;
  const opened = endedAt === undefined ? 'run.state' : 'run.completed';
  return {
    tenant,
    id: `${runId}#${rev}`,
    rev,
    topics: topicsOf(['runLog'], change),
    happening: (opens) => ({
      type: opens || change.before === undefined ? opened : runType(before, after),
      runId,
      data: {
        status,
        ...(error === undefined ? {} : { error: errorAsTold(error) }),
        ...(progress === undefined ? {} : { progress }),
      },
    }),
  };
};

/** What a write of an item means for the logs that the item belongs to; `undefined` when it is in none, or says nothing new. */
export const changeOf = (change: ItemChange): LoggedChange | undefined => {
  const { before, after } = change;
  const task = after['sk'] === keys.task('', '').sk ? taskOf(after) : undefined;
  const isRun = after['sk'] === keys.run('', '').sk;
  if (task === undefined && !isRun) return undefined;
  const logged = task === undefined ? runChange(change, Run.parse(after)) : taskChange(change, task);
  // A write that raises no revision either opened a log or noted something of the log's own.
  const topics = before?.['rev'] === after['rev'] ? logged.topics.filter(({ opens }) => opens) : logged.topics;
  return topics.length === 0 ? undefined : { ...logged, topics };
};
