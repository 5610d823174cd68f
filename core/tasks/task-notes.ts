import type { AgentId, TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { absent, any, atMost, equal, plus, present, set, setDefault } from '../table/conditions.ts';
import type { Put, Update } from '../table/table.ts';
import type { Task } from './task.ts';

// What is noted beside a task or upon it, and moves nothing of its life: the writes that do are in task-writes.ts.

type TaskRef = Pick<Task, 'tenant' | 'taskId'>;
const keyOf = (task: TaskRef) => keys.task(task.tenant, task.taskId);

/** Six characters for eight digits of a hash: two children with the same are counted as one. No other attribute has six. */
const markOf = (childId: TaskId): string => Buffer.from(childId.slice(-8), 'hex').toString('base64url');

/**
 * Counts a child under its parent, in an item beside it, which is marked with the child: the same child again is counted
 * already. Beside it, because a task has its input with it, and a write is billed for all that an item has: so a child is one
 * write unit as long as there are no more than a hundred. Whether the parent is open is not asked here.
 *
 * ```
 * A  count x if fewer than 100 and x is not marked   ✔ 100, x marked ── put x
 * B  count x again, after A or beside it             ✘ marked: counted ── put x, or find it
 * C  count y                                         ✘ as many as there may be
 * ```
 */
export const countChild = (
  parent: TaskRef,
  childId: TaskId,
  { limit, expiresAtEpochSeconds }: { readonly limit: number; readonly expiresAtEpochSeconds: number },
): { readonly update: Update; readonly mark: string } => {
  const mark = markOf(childId);
  return {
    mark,
    update: {
      key: keys.children(parent.tenant, parent.taskId),
      set: [set(mark, true), plus('count', 1, 0), set('expiresAtEpochSeconds', expiresAtEpochSeconds)],
      clauses: {
        uncounted: absent(mark),
        hasRoom: any(absent('count'), atMost('count', limit - 1)),
      },
    },
  };
};

/** A result that came too late, kept beside the task. A repeat changes nothing. */
export const quarantine = (
  ref: TaskRef,
  late: {
    readonly attempt: number;
    readonly agentId: AgentId;
    readonly fields: Readonly<Record<string, unknown>>;
    readonly nowMs: number;
    readonly expiresAtEpochSeconds: number;
  },
): Put => ({
  key: keys.lateResult(ref.tenant, ref.taskId, late.attempt),
  item: {
    attempt: late.attempt,
    agentId: late.agentId,
    receivedAt: late.nowMs,
    expiresAtEpochSeconds: late.expiresAtEpochSeconds,
    ...late.fields,
  },
  clauses: { firstOne: absent('pk') },
});

/** An answer that came too late, kept beside its approval: the last of each person. */
export const keepLateAnswer = (
  ref: TaskRef,
  answer: { readonly by: string; readonly expiresAtEpochSeconds: number } & Readonly<Record<string, unknown>>,
): Put => ({ key: keys.lateAnswer(ref.tenant, ref.taskId, answer.by), item: answer, clauses: {} });

/** The agent that had this attempt says that it has stopped what the platform ended. */
export const markStopped = (ref: TaskRef, attempt: number): Update => ({
  key: keyOf(ref),
  set: [set('disposition', 'stopped'), plus('rev', 1)],
  clauses: { inFlight: equal('disposition', 'in_flight'), sameAttempt: equal('attempt', attempt) },
});

/** Takes a task that is done again from the dead letters, and names what became of it. */
export const markRetried = (task: Task, retriedAs: TaskId): Update => ({
  key: keyOf(task),
  set: [set('retriedAs', retriedAs), plus('rev', 1)],
  remove: [['backlogKey'], ['backlogSort']],
  clauses: { hasEnded: present('endedAt') },
});

/** Lets changes of a task go into a log, its own or its run's. */
export const logTask = (ref: TaskRef, log: 'taskLog' | 'runLog', topic: string): Update => ({
  key: keyOf(ref),
  set: [setDefault(log, topic)],
  clauses: { exists: present('taskId') },
});

/** Asks that changes of a task be shown to watchers. */
export const markWatched = (ref: TaskRef): Update => ({
  key: keyOf(ref),
  set: [set('watched', true)],
  clauses: { exists: present('taskId') },
});
