import { isDeepStrictEqual } from 'node:util';
import type { ChainState } from '../contract/approval-chain.ts';
import type { AgentId, ClaimId, TaskId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { headStartMs } from '../contract/limits.ts';
import { defaultRetry, type TaskError } from '../contract/task.ts';
import { requirementSignature } from '../routing/signature.ts';
import { absent, all, any, equal, notEqual, oneOf, plus, set, setAll, setDefault } from '../table/conditions.ts';
import type { Change, Clauses, Condition, Item, Path, Put, Update } from '../table/table.ts';
import { pastAttempt } from './past-attempts.ts';
import type { Decision, Task } from './task.ts';

type TaskRef = Pick<Task, 'tenant' | 'taskId'>;
const keyOf = (task: TaskRef) => keys.task(task.tenant, task.taskId);

/** Keys that a task carries only while it waits. */
const waitingKeys: readonly Path[] = [
  ['backlogKey'],
  ['backlogSort'],
  ['sweepKey'],
  ['sweepSort'],
  ['runAt'],
  ['outbox'],
];
/** What belongs to one assignment. */
const assignmentFields: readonly Path[] = [
  ['claim'],
  ['agentId'],
  ['agentName'],
  ['assignedAt'],
  ['startedAt'],
  ['acceptedAt'],
  ['progress'],
];

/** When a queued task's turn begins: `queuedAt` less its priority's head start. Ageing without rewriting. */
export const virtualStart = (task: Pick<Task, 'priority' | 'createdAt' | 'queuedAt'>): number =>
  (task.queuedAt ?? task.createdAt) - headStartMs[task.priority];

/** The index keys of a queued task: its signature's backlog, and the minute of its deadline. */
const queuedKeys = (task: Task): Readonly<Record<string, string>> => ({
  ...indexKeys.backlog(task.tenant, requirementSignature(task), virtualStart(task), task.taskId),
  ...indexKeys.due(keyOf(task), Math.min(task.deadlineAt, task.pinnedUntil ?? Infinity)),
});

/** Approvals are listed by themselves, also those of runs: people look for them. */
const listKeys = (task: Task): Readonly<Record<string, string>> => {
  if (task.kind !== 'approval' && task.place !== undefined) return {};
  const list = task.kind === 'approval' ? 'APPROVALS' : 'TASKS';
  return indexKeys.list(task.tenant, list, indexKeys.byTime(task.createdAt, task.taskId));
};

/** What a task waits with that no agent is given: it is found by its deadline, or when its chain moves on, which is told. */
const heldKeys = (task: Task): Readonly<Record<string, unknown>> => ({
  ...indexKeys.due(keyOf(task), Math.min(task.deadlineAt, task.chain?.nextAt ?? Infinity)),
  ...(task.chain === undefined ? {} : { chain: task.chain, outbox: 'chain' }),
});

/** Where a new task may be put: nowhere it was before, or over the mark that a sweep left (whose `rev` it continues). */
const isNew = (voidRev: number | undefined): Condition =>
  voidRev === undefined ? absent('pk') : all(equal('status', 'VOID'), equal('rev', voidRev));

/** Leaves out what reads the same when it is not there: the first put of a small task is one write unit instead of two. */
const withoutDefaults = ({ retry, publishEvent, ...task }: Task): Item => ({
  ...task,
  ...(isDeepStrictEqual(retry, defaultRetry) ? {} : { retry }),
  ...(publishEvent === true ? { publishEvent } : {}),
});

/**
 * Writes a task for the first time, in whatever status it begins. A loser's view tells a repeated submit (I7) from an
 * id that is taken.
 */
export const putTask = (task: Task, voidRev?: number): Put => ({
  key: keyOf(task),
  item: {
    ...withoutDefaults(task),
    ...listKeys(task),
    ...(task.status === 'QUEUED' ? queuedKeys(task) : {}),
    ...(task.status === 'PENDING' && task.runAt !== undefined ? indexKeys.due(keyOf(task), task.runAt) : {}),
    ...(task.waitingOn === undefined ? {} : heldKeys(task)),
  },
  clauses: { isNew: isNew(voidRev) },
});

/** An agent and the claim that reserves it. */
export interface Assignment {
  readonly agentId: AgentId;
  readonly agentName: string;
  readonly claim: ClaimId;
  readonly decision: Decision;
  readonly nowMs: number;
}

/** The same task as ASSIGNED, for a first put. */
export const assigned = (task: Task, assignment: Assignment): Task => ({
  ...task,
  status: 'ASSIGNED',
  attempt: task.attempt + 1,
  claim: assignment.claim,
  agentId: assignment.agentId,
  agentName: assignment.agentName,
  assignedAt: assignment.nowMs,
  decision: assignment.decision,
});

/**
 * QUEUED → ASSIGNED, after the claim and only if nobody touched the task since it was read before claiming.
 *
 * ```
 * A  read rev 4 ── claim agent x ── assign if rev = 4   ✔ rev 5
 * B  read rev 4 ── claim agent y ── assign if rev = 4   ✘ → release y
 * sweep   finds x's claim before A's assign: raises rev to 5, frees x;  A's assign if rev = 4   ✘ → nothing to release
 * ```
 */
export const assignTask = (task: Task, assignment: Assignment): Update => {
  const after = assigned(task, assignment);
  return {
    key: keyOf(task),
    set: [
      ...setAll({
        status: after.status,
        attempt: after.attempt,
        claim: after.claim,
        agentId: after.agentId,
        agentName: after.agentName,
        assignedAt: after.assignedAt,
        decision: after.decision,
        deadlineAt: after.deadlineAt,
      }),
      plus('rev', 1),
    ],
    remove: [...waitingKeys, ['unrunnable'], ['startedAt'], ['acceptedAt'], ['progress'], ['error']],
    clauses: { unchanged: equal('rev', task.rev) },
  };
};

/** PENDING → QUEUED, or queued still and found to be unrunnable; nothing when somebody was faster. */
export const queueTask = (task: Task, nowMs: number): Update => {
  const after: Task = { ...task, status: 'QUEUED', queuedAt: task.queuedAt ?? nowMs };
  return {
    key: keyOf(task),
    set: [
      ...setAll({
        status: after.status,
        queuedAt: after.queuedAt,
        deadlineAt: after.deadlineAt,
        unrunnable: after.unrunnable,
        ...queuedKeys(after),
      }),
      plus('rev', 1),
    ],
    remove: [['runAt']],
    clauses: { unchanged: equal('rev', task.rev) },
  };
};

/** PENDING on a run or a person: found by its deadline, never by an agent. */
export const holdTask = (task: Task, waitingOn: NonNullable<Task['waitingOn']>, nowMs: number): Update => ({
  key: keyOf(task),
  set: [
    ...setAll({ waitingOn, deadlineAt: task.deadlineAt, ...heldKeys(task) }),
    setDefault('startedAt', nowMs),
    plus('rev', 1),
  ],
  remove: [['runAt']],
  clauses: { unchanged: equal('rev', task.rev) },
});

/** The chain of an approval moves on, unless there was an answer since it was read. */
export const moveChain = (task: Task, chain: ChainState): Update => ({
  key: keyOf(task),
  set: [...setAll(heldKeys({ ...task, chain })), plus('rev', 1)],
  clauses: { unchanged: equal('rev', task.rev) },
});

/** This very assignment and no other: what I4 rests on. No two assignments share a claim. */
const isHolder = (task: Pick<Task, 'claim'>): Clauses => ({
  isAssigned: equal('status', 'ASSIGNED'),
  sameClaim: equal('claim', task.claim ?? ''),
});

/** Where a task remembers who had an attempt that was taken back, to tell a late result from a stranger's. */
export const holderOf = (attempt: number): string => `holder:${attempt}`;

/** ASSIGNED → QUEUED (or PENDING until `runAt`) with the same attempt number; the next assignment raises it. */
export const requeueTask = (
  task: Task,
  back: {
    readonly avoid: readonly AgentId[];
    readonly runAt?: number;
    readonly error?: TaskError;
    readonly workState?: Json | undefined;
    readonly isUncounted?: boolean;
    readonly nowMs: number;
    /** Of a task that its holder handed over: what holds from now on. */
    readonly handover?: Handover;
  },
): Update => {
  const status = back.runAt === undefined ? 'QUEUED' : 'PENDING';
  const { handover } = back;
  const after: Task = { ...task, ...handover, status, queuedAt: task.queuedAt ?? task.createdAt };
  const waiting =
    back.runAt === undefined
      ? queuedKeys(after)
      : // Whichever comes first: a backoff may be longer than what is left of the task's time.
        { runAt: back.runAt, ...indexKeys.due(keyOf(task), Math.min(back.runAt, task.deadlineAt)) };
  return {
    key: keyOf(task),
    set: [
      ...setAll({
        status,
        queuedAt: after.queuedAt,
        ...waiting,
        ...(handover ?? { lastAgentId: task.agentId }),
        [holderOf(task.attempt)]: task.agentId,
        ...pastAttempt(task, {
          outcome: handover !== undefined ? 'handed_off' : back.isUncounted === true ? 'moved' : 'failed',
          error: back.error,
          nowMs: back.nowMs,
        }),
        error: back.error,
        workState: back.workState,
      }),
      ...(back.avoid.length === 0 ? [] : [set('avoid', back.avoid)]),
      ...(back.isUncounted === true ? [plus('waits', 1, 0)] : []),
      plus('rev', 1),
    ],
    remove: [...assignmentFields, ...(handover === undefined ? [] : replacedBy(handover))],
    clauses: isHolder(task),
  };
};

/** What a handover changes of a task, beside who has it. */
export interface Handover extends Pick<Task, 'requirements' | 'submittedRequirements' | 'handoffs' | 'excluded'> {
  readonly pinnedUntil?: number;
}

/** Its last holder gave it away: a result of that attempt is none. */
const replacedBy = ({ pinnedUntil }: Handover): readonly Path[] =>
  pinnedUntil === undefined ? [['lastAgentId'], ['pinnedUntil']] : [['lastAgentId']];

/** The agent that a task was handed to by name did not come for it: it waits for whoever is fit. */
export const unpinTask = (task: Task, requirements: Task['requirements']): Update => {
  const { pinnedUntil: _pinnedUntil, ...rest } = task;
  return {
    key: keyOf(task),
    set: [...setAll({ requirements, ...queuedKeys({ ...rest, requirements }) }), plus('rev', 1)],
    remove: [['pinnedUntil'], ['unrunnable']],
    clauses: { unchanged: equal('rev', task.rev) },
  };
};

/** ASSIGNED → PENDING until the children have ended; the same attempt number, so the next assignment raises it. */
export const holdForChildren = (
  task: Task,
  wait: { readonly children: readonly TaskId[]; readonly workState: Json | undefined; readonly nowMs: number },
): Update => ({
  key: keyOf(task),
  set: [
    ...setAll({
      status: 'PENDING',
      waitingFor: wait.children,
      workState: wait.workState,
      // A child that ended meanwhile has looked already: should this environment die now, the stream looks again.
      outbox: 'wake',
      [holderOf(task.attempt)]: task.agentId,
      ...pastAttempt(task, { outcome: 'waited', nowMs: wait.nowMs }),
      ...indexKeys.due(keyOf(task), task.deadlineAt),
    }),
    plus('waits', 1, 0),
    plus('rev', 1),
  ],
  // Not its last holder's any more: a result of the attempt that chose to wait is none.
  remove: [...assignmentFields, ['lastAgentId']],
  clauses: isHolder(task),
});

/** The children have ended: the task is due at once, found by the sweep should this environment die before placing it. */
export const resumeParent = (task: Task, children: Json, nowMs: number): Update => ({
  key: keyOf(task),
  set: [...setAll({ children, runAt: nowMs, ...indexKeys.due(keyOf(task), nowMs) }), plus('rev', 1)],
  remove: [['waitingFor']],
  clauses: { unchanged: equal('rev', task.rev) },
});

/** How a task ends. */
export interface Ending {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'SKIPPED';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  readonly expiresAtEpochSeconds: number;
  /** Whether it is to be found among the dead letters, where an operator may have it done again. */
  readonly isDeadLetter?: boolean;
}

const ending = (task: TaskRef, end: Ending, clauses: Clauses): Update => ({
  key: keyOf(task),
  set: [
    ...setAll({
      status: end.status,
      endedAt: end.nowMs,
      expiresAtEpochSeconds: end.expiresAtEpochSeconds,
      ...end.fields,
      ...(end.isDeadLetter === true ? indexKeys.dead(task.tenant, end.nowMs, task.taskId) : {}),
    }),
    plus('rev', 1),
  ],
  remove: end.isDeadLetter === true ? waitingKeys.filter(([name]) => !name.startsWith('backlog')) : waitingKeys,
  clauses,
});

/**
 * The agent's own ending: result or failure. Needs no read before it; a late result of the attempt that is queued again
 * is taken (nobody else has started), any other stranger loses and sees to whom.
 */
export const finishByAgent = (
  task: TaskRef,
  by: { readonly agentId: AgentId; readonly attempt: number },
  end: Ending,
): Update =>
  ending(task, end, {
    holderOrLastHolder: any(
      all(equal('status', 'ASSIGNED'), equal('agentId', by.agentId)),
      all(oneOf('status', ['QUEUED', 'PENDING']), equal('lastAgentId', by.agentId)),
    ),
    sameAttempt: equal('attempt', by.attempt),
  });

/** An ending by the platform (deadline, cancel, attempts used up) of a task that was open when read, and has not changed. */
export const finishByPlatform = (task: Task, end: Ending): Update =>
  ending(task, end, { unchanged: equal('rev', task.rev) });

/** What the holder says before the end: accepted, progress. Not for watchers' chunks, which are never stored. */
export const noteProgress = (
  task: TaskRef,
  by: { readonly agentId: AgentId; readonly attempt: number },
  changes: readonly Change[],
): Update => ({
  key: keyOf(task),
  set: [...changes, plus('rev', 1)],
  clauses: {
    isAssigned: equal('status', 'ASSIGNED'),
    sameAttempt: equal('attempt', by.attempt),
    sameAgent: equal('agentId', by.agentId),
  },
});

/**
 * The sweep's fence before it frees a claim: after it, nobody who read the task earlier can still assign it under that
 * claim: a dispatcher reads before it claims. Refused when the task is in fact assigned under it, or is gone.
 */
export const fenceTask = (ref: TaskRef, claim: ClaimId): Update => ({
  key: keyOf(ref),
  set: [plus('rev', 1)],
  clauses: { notUnderThisClaim: any(notEqual('status', 'ASSIGNED'), notEqual('claim', claim)) },
});

/** The same for a task that is not there: a mark that a later first put must step over knowingly. */
export const voidTask = (ref: TaskRef, rev: number, expiresAtEpochSeconds: number): Put => ({
  key: keyOf(ref),
  item: { status: 'VOID', rev: rev + 1, expiresAtEpochSeconds },
  clauses: { stillNone: rev === 0 ? absent('pk') : all(equal('status', 'VOID'), equal('rev', rev)) },
});
