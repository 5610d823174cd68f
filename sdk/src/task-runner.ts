import type { ClientFrameInput, ClientFrameType } from '../../core/contract/client-frames.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { TaskId } from '../../core/contract/ids.ts';
import type { Json } from '../../core/contract/json.ts';
import type { PlatformFrame } from '../../core/contract/platform-frames.ts';
import type { AssignedTask } from '../../core/contract/task.ts';
import { openPayload } from './claim-checks.ts';
import { MusterError, TaskFailure, toError } from './errors.ts';
import type { RequestOptions } from './link.ts';
import { type AskOptions, askOver, requestSecret, stowOver, submitSubtask } from './socket-calls.ts';
import type { Submissions } from './submissions.ts';
import {
  type AskedOnce,
  type Asking,
  HandOff,
  type ResultDetails,
  type TaskContext,
  type TaskHandler,
  WaitForSubtasks,
} from './task-context.ts';
import type { Timers } from './timers.ts';

/** How an attempt ended at this agent. */
export interface AttemptEnd {
  readonly task: AssignedTask;
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'released' | 'rejected' | 'waiting' | 'handed_off';
}

/** The line to the platform, as work needs it. */
export interface TaskLine {
  request<Type extends ClientFrameType>(
    type: Type,
    payload: ClientFrameInput<Type>,
    options?: RequestOptions,
  ): Promise<PlatformEnvelope>;
  post<Type extends ClientFrameType>(type: Type, payload: ClientFrameInput<Type>): boolean;
  /** A payload above this must be stowed before it is sent. */
  readonly inlineBytes: number;
}

/** What a runner needs and whom it tells. */
export interface TaskRunnerOptions {
  readonly timers: Timers;
  readonly random: () => number;
  readonly line: TaskLine;
  readonly submissions: Submissions;
  readonly findHandler: (task: AssignedTask) => TaskHandler | undefined;
  readonly onEnd: (end: AttemptEnd) => void;
  readonly onError: (error: Error) => void;
}

type Assignment = PlatformFrame<'task.assigned'>;
type Ref = { readonly taskId: TaskId; readonly attempt: number };

/** An attempt from its assignment until the platform has acknowledged its end. */
interface Held {
  readonly ref: Ref;
  readonly assignment: Assignment;
  readonly abort: AbortController;
  percent: number | undefined;
  details: ResultDetails;
  /** Why the platform or this process took the work away. */
  taken?: 'cancelled' | 'lost' | 'stopped';
  done: Promise<void>;
}

type Work =
  | { readonly kind: 'returned'; readonly send: Send }
  | { readonly kind: 'waits'; readonly send: Send }
  | { readonly kind: 'hands_off'; readonly send: Send }
  | { readonly kind: 'threw'; readonly error: Error };
type Send = () => Promise<unknown>;
type Ending = { readonly outcome: AttemptEnd['outcome']; readonly send: Send };

/** Work that lasts longer is said to have begun, before the platform may move what nobody has begun (10 s). */
const beginNoticeMs = 5000;
/** Ends that are sent again when their assignment is repeated. */
const maxRemembered = 200;
const maxMessage = 4096;
const attemptTimeout = 'ATTEMPT_TIMEOUT';
/** Refusals of a result that say that it can never be taken as it is. */
const unfitCodes: readonly string[] = ['PAYLOAD_TOO_LARGE', 'INVALID_FIELD', 'UNKNOWN_FIELD', 'MALFORMED_FRAME'];

/** Refusals of a handoff, or of a wait, that say that nobody will go on. */
const refusedForGood: readonly string[] = [...unfitCodes, 'NOT_FOUND'];

const keyOf = ({ taskId, attempt }: Ref): string => `${taskId}#${attempt}`;

/** Runs handlers for assignments: once per attempt, however often it is delivered, and reports each end until it is heard. */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #held = new Map<string, Held>();
  readonly #ended = new Map<string, Send>();
  #isClosed = false;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /** What this process still works on or has not had acknowledged. */
  get tasks(): { taskId: TaskId; attempt: number; percent?: number }[] {
    return [...this.#held.values()].map(({ ref, percent }) => ({
      ...ref,
      ...(percent === undefined ? {} : { percent }),
    }));
  }

  /** How many tasks take a place now: votes and bids do not. */
  get busy(): number {
    const answers: readonly string[] = ['vote', 'bid'];
    return [...this.#held.values()].filter(({ assignment }) => !answers.includes(assignment.task.kind)).length;
  }

  /** Takes an assignment. `sentAt` is the platform's clock when it said so, against which the deadline is measured. */
  assign(assignment: Assignment, sentAt: number, batched?: TaskHandler): void {
    const ref = { taskId: assignment.task.taskId, attempt: assignment.attempt };
    const key = keyOf(ref);
    const ended = this.#ended.get(key);
    if (ended !== undefined && !this.#held.has(key)) return this.#again(ended);
    this.#accept(assignment, ref);
    if (this.#held.has(key)) return undefined;
    for (const older of this.#held.values())
      if (older.ref.taskId === ref.taskId && older.ref.attempt < ref.attempt)
        this.#take(older, 'lost', 'a later attempt began');
    const handler = batched ?? this.#options.findHandler(assignment.task);
    const held: Held = {
      ref,
      assignment,
      abort: new AbortController(),
      percent: undefined,
      details: {},
      done: Promise.resolve(),
    };
    this.#held.set(key, held);
    held.done = this.#perform(held, handler, sentAt);
    return undefined;
  }

  /** Whether an attempt is neither held nor remembered. */
  isNew(ref: Ref): boolean {
    return !this.#held.has(keyOf(ref)) && !this.#ended.has(keyOf(ref));
  }

  /** Stops an attempt; its end is `task.released`. One that is not held is released at once. */
  release(ref: Ref, taken: 'cancelled' | 'lost', reason: string): void {
    const held = this.#held.get(keyOf(ref));
    if (held !== undefined) this.#take(held, taken, reason);
    else if (taken === 'cancelled') this.#again(() => this.#options.line.request('task.released', ref));
  }

  /** From now on assignments are rejected. */
  close(): void {
    this.#isClosed = true;
  }

  /** Aborts all work because this process ends; unfinished tasks are given back. */
  abortAll(reason: string): void {
    for (const held of this.#held.values()) this.#take(held, 'stopped', reason);
  }

  /** Resolves when nothing is held. */
  async settle(): Promise<void> {
    while (this.#held.size > 0) await Promise.all([...this.#held.values()].map((held) => held.done));
  }

  #accept({ task }: Assignment, ref: Ref): void {
    const isWanted =
      task.ackTimeoutMs !== undefined && !this.#isClosed && this.#options.findHandler(task) !== undefined;
    if (isWanted) this.#again(() => this.#options.line.request('task.accept', ref));
  }

  #take(held: Held, taken: 'cancelled' | 'lost' | 'stopped', reason: string): void {
    held.taken ??= taken;
    held.abort.abort(new MusterError(reason, { code: taken === 'stopped' ? 'STOPPED' : 'CANCELLED' }));
  }

  async #perform(held: Held, handler: TaskHandler | undefined, sentAt: number): Promise<void> {
    const { ref, assignment } = held;
    const { onEnd } = this.#options;
    const callOff = this.#watchClock(held, sentAt);
    const ending =
      handler === undefined || this.#isClosed
        ? this.#isClosed
          ? this.#rejection(ref, { reason: 'the agent is stopping' })
          : this.#rejection(ref, { reason: `no handler for ${assignment.task.type}`, code: 'no_handler' })
        : this.#endingOf(held, await this.#work(held, handler));
    callOff();
    this.#remember(keyOf(ref), ending.send);
    const outcome = await this.#report(held, ending);
    this.#held.delete(keyOf(ref));
    onEnd({ task: assignment.task, attempt: ref.attempt, outcome });
  }

  /** Aborts an attempt that is overdue, and says of one that lasts that it has begun. Returns what calls both off. */
  #watchClock({ ref, assignment, abort }: Held, sentAt: number): () => void {
    const { timers, line } = this.#options;
    const { deadline, attemptDeadline = Infinity } = assignment;
    const overdue =
      attemptDeadline < deadline
        ? new MusterError('The attempt took too long', { code: attemptTimeout, retryable: true })
        : new MusterError('The deadline has passed', { code: 'DEADLINE_EXCEEDED' });
    const remainingMs = Math.max(0, Math.min(deadline, attemptDeadline) - sentAt);
    const offs = [
      timers.after(remainingMs, () => abort.abort(overdue)),
      assignment.task.ackTimeoutMs === undefined
        ? timers.after(beginNoticeMs, () => this.#again(() => line.request('task.accept', ref)))
        : () => undefined,
    ];
    return () => offs.forEach((off) => off());
  }

  async #work(held: Held, handler: TaskHandler): Promise<Work> {
    const { timers, random, line } = this.#options;
    const { assignment, abort, ref } = held;
    const transfer = { timers, random, signal: abort.signal };
    try {
      const { task } = assignment;
      const input = await openPayload(task.input, transfer);
      const context = task.context === undefined ? {} : { context: await openPayload(task.context, transfer) };
      const resumed = await openResumed(task, transfer);
      const returned = await handler({ ...task, input, ...context, ...resumed }, this.#contextOf(held));
      if (returned instanceof WaitForSubtasks) return await this.#waitOf(held, returned);
      if (returned instanceof HandOff) return await this.#handOffOf(held, returned);
      const output = await stowOver(line, returned, 'output', transfer);
      const { evidence, ...details } = held.details;
      const payload = { ...ref, output, ...details, ...(evidence === undefined ? {} : { evidence: [...evidence] }) };
      return { kind: 'returned', send: () => line.request('task.result', payload, { isVote: task.kind === 'vote' }) };
    } catch (thrown) {
      return { kind: 'threw', error: toError(thrown) };
    }
  }

  async #handOffOf({ ref, abort: { signal } }: Held, { said }: HandOff): Promise<Work> {
    const { timers, random, line } = this.#options;
    const { workState, ...rest } = said;
    const transfer = { timers, random, signal };
    const stowed = workState === undefined ? {} : { workState: await stowOver(line, workState, 'workState', transfer) };
    return { kind: 'hands_off', send: () => line.request('task.handoff', { ...ref, ...rest, ...stowed }) };
  }

  async #waitOf({ ref, abort }: Held, { taskIds, workState }: WaitForSubtasks): Promise<Work> {
    const { timers, random, line } = this.#options;
    const transfer = { timers, random, signal: abort.signal };
    const stowed = workState === undefined ? {} : { workState: await stowOver(line, workState, 'workState', transfer) };
    const children = taskIds.map((id) => TaskId.parse(id));
    return { kind: 'waits', send: () => line.request('task.wait', { ...ref, children, ...stowed }) };
  }

  async #checkpoint({ ref, abort }: Held, workState: Json): Promise<void> {
    const { timers, random, line } = this.#options;
    const { signal } = abort;
    const stowed = await stowOver(line, workState, 'workState', { timers, random, signal });
    await line.request('task.progress', { ...ref, workState: stowed }, { signal });
  }

  #tell(
    held: Held,
    percent: number | undefined,
    said: Pick<ClientFrameInput<'task.progress'>, 'message' | 'milestone'>,
  ): void {
    held.percent = percent === undefined ? held.percent : Math.min(100, Math.max(0, percent));
    const known = held.percent === undefined ? {} : { percent: held.percent };
    if (!held.abort.signal.aborted) this.#options.line.post('task.progress', { ...held.ref, ...said, ...known });
  }

  #contextOf(held: Held): TaskContext {
    const { line } = this.#options;
    const { ref, assignment, abort } = held;
    return {
      signal: abort.signal,
      attempt: ref.attempt,
      idempotencyKey: assignment.idempotencyKey,
      traceparent: assignment.traceparent,
      deadline: assignment.deadline,
      progress: (percent, message) =>
        this.#tell(held, percent, message === undefined ? {} : { message: message.slice(0, 1024) }),
      milestone: (name, percent) => this.#tell(held, percent, { milestone: name.slice(0, 128) }),
      chunk: (value) => {
        if (!abort.signal.aborted) line.post('task.progress', { ...ref, chunk: value });
      },
      checkpoint: (workState) => this.#checkpoint(held, workState),
      secret: (name) => requestSecret(line, { ...ref, name }, abort.signal),
      details: (details) => {
        held.details = { ...held.details, ...details };
      },
      submit: (task, { key } = {}) => {
        const id = key === undefined ? undefined : `${ref.taskId}:${key}`;
        return submitSubtask({ ...this.#options, signal: abort.signal, id, parentTask: ref.taskId }, task);
      },
      ...this.#askingFor(held),
      handOff: (said) => new HandOff(said),
      waitFor: (subtasks, workState) =>
        new WaitForSubtasks(
          subtasks.map(({ taskId }) => taskId),
          workState,
        ),
    };
  }

  #askingFor({ ref: { taskId }, abort: { signal } }: Held): Asking {
    const optionsFor = ({ key }: AskedOnce = {}): AskOptions => ({
      ...this.#options,
      signal,
      id: key === undefined ? undefined : `${taskId}:${key}`,
    });
    return {
      collaborate: (request, asked) => askOver(optionsFor(asked), 'collaboration.request', { taskId, ...request }),
      requestResource: (request, asked) => askOver(optionsFor(asked), 'resource.request', { taskId, ...request }),
      escalate: (request, asked) => askOver(optionsFor(asked), 'escalation.raise', { taskId, ...request }),
    };
  }

  #endingOf({ ref, taken, abort }: Held, work: Work): Ending {
    const { line } = this.#options;
    if (taken === 'cancelled' || taken === 'lost')
      return { outcome: 'released', send: () => line.request('task.released', ref) };
    if (work.kind === 'returned') return { outcome: 'succeeded', send: work.send };
    if (work.kind === 'waits') return { outcome: 'waiting', send: work.send };
    if (work.kind === 'hands_off') return { outcome: 'handed_off', send: work.send };
    if (taken === 'stopped') return this.#rejection(ref, { reason: 'the agent stopped' });
    const { error } = work;
    const overdue = abort.signal.aborted ? toError(abort.signal.reason) : undefined;
    return {
      outcome: 'failed',
      send: () => line.request('task.fail', { ...ref, error: failureOf(error, overdue) }),
    };
  }

  #rejection(ref: Ref, why: { readonly reason: string; readonly code?: 'no_handler' }): Ending {
    return { outcome: 'rejected', send: () => this.#options.line.request('task.reject', { ...ref, ...why }) };
  }

  async #report({ ref }: Held, { outcome, send }: Ending): Promise<AttemptEnd['outcome']> {
    const { line, onError } = this.#options;
    try {
      await send();
      return outcome;
    } catch (thrown) {
      const error = toError(thrown);
      if (!(error instanceof MusterError) || error.code === 'STOPPED') return outcome;
      const isUnfit =
        (outcome === 'succeeded' && unfitCodes.includes(error.code)) ||
        ((outcome === 'handed_off' || outcome === 'waiting') && refusedForGood.includes(error.code));
      if (isUnfit) {
        const fail = { ...ref, error: failureOf(error) };
        await line.request('task.fail', fail).catch((second: unknown) => onError(toError(second)));
        return 'failed';
      }
      // Whoever took the task away has already been told; only a lost result or failure is worth a word.
      if (outcome === 'succeeded' || outcome === 'failed') onError(error);
      return outcome;
    }
  }

  #again(send: Send): undefined {
    // What a repetition is refused with has been answered before.
    send().catch(() => undefined);
    return undefined;
  }

  #remember(key: string, send: Send): void {
    this.#ended.set(key, send);
    const oldest = this.#ended.keys().next();
    if (this.#ended.size > maxRemembered && oldest.done !== true) this.#ended.delete(oldest.value);
  }
}

/** What a task that waited, or was handed over, is given beside its input. */
const openResumed = async (
  task: AssignedTask,
  transfer: Parameters<typeof openPayload>[1],
): Promise<Pick<AssignedTask, 'workState' | 'children' | 'handoff'>> => ({
  ...(task.handoff?.note === undefined
    ? {}
    : { handoff: { ...task.handoff, note: await openPayload(task.handoff.note, transfer) } }),
  ...(task.workState === undefined ? {} : { workState: await openPayload(task.workState, transfer) }),
  ...(task.children === undefined ? {} : { children: await openPayload(task.children, transfer) }),
});

const failureOf = (
  error: Error,
  overdue?: Error,
): { code: string; message: string; retryable: boolean; failureType?: 'timeout' } => {
  const message = error.message.slice(0, maxMessage);
  if (overdue !== undefined) {
    const isAttempt = overdue instanceof MusterError && overdue.code === attemptTimeout;
    const code = isAttempt ? attemptTimeout : 'DEADLINE_EXCEEDED';
    return { code, message, retryable: isAttempt, failureType: 'timeout' };
  }
  if (error instanceof TaskFailure || error instanceof MusterError)
    return { code: error.code.slice(0, 128) || 'HANDLER_ERROR', message, retryable: error.retryable };
  return { code: 'HANDLER_ERROR', message, retryable: true };
};
