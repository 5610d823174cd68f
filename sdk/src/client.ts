import * as z from 'zod';
import type { Encoding } from '../../core/contract/address.ts';
import { AgentView } from '../../core/contract/agent.ts';
import type { LogEvent } from '../../core/contract/event-log.ts';
import { Explanation } from '../../core/contract/explanation.ts';
import { EnvelopeId } from '../../core/contract/ids.ts';
import type { Json } from '../../core/contract/json.ts';
import { limits } from '../../core/contract/limits.ts';
import type { TaskSubmissionInput } from '../../core/contract/task.ts';
import { isTerminal, TaskView } from '../../core/contract/task.ts';
import type { RunRequestInput, WorkflowDefinitionInput } from '../../core/contract/workflow.ts';
import { RunView, WorkflowView } from '../../core/contract/workflow.ts';
import { openPayload, stowPayload } from './claim-checks.ts';
import { ClientSocket } from './client-socket.ts';
import { MusterError, toError } from './errors.ts';
import { type FollowOptions, followLog, type LogSubject } from './event-log.ts';
import type { ApiRequest } from './http.ts';
import { Http } from './http.ts';
import { linkTimings } from './link.ts';
import { checkKey, checkUrl } from './options.ts';
import { submitSubtask } from './socket-calls.ts';
import type { TaskOutcome } from './submissions.ts';
import type { Timers } from './timers.ts';
import { pause, realTimers } from './timers.ts';
import type { EventSource, WatchUpdate } from './watch.ts';
import { followSubject, statusOf } from './watch.ts';

/** Where a client finds the platform. */
export interface ClientOptions {
  /** HTTP base, `https://…/v1`. */
  readonly url: string;
  /** `wss://…`. Without it the client polls instead of listening. */
  readonly socketUrl?: string;
  readonly apiKey: string;
  /** How frames are written on the socket (docs/binary.md). @default 'json' */
  readonly encoding?: Encoding;
  /** For tests. */
  readonly timers?: Timers;
  readonly random?: () => number;
}

/** Of a call that may be repeated or called off. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Of a call that creates something: the same key creates the same thing. */
export interface SubmitOptions extends CallOptions {
  readonly idempotencyKey?: string | undefined;
  /** The W3C trace that it belongs to. */
  readonly traceparent?: string | undefined;
}

/** Of a call that waits for an end. */
export interface WaitOptions extends CallOptions {
  /** After this the wait, not the work, ends with WAIT_TIMEOUT. */
  readonly timeoutMs?: number | undefined;
}

/** Which part of a list, and which entries. */
export interface ListOptions extends CallOptions {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
}

/** One page of a list; `nextCursor` asks for the next. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string | undefined;
}

const UploadPlace = z.looseObject({
  ref: z.string(),
  uploadUrl: z.string(),
  headers: z.record(z.string(), z.string()),
});
const Health = z.looseObject({ status: z.string() });
/** What the health route answers. */
export type Health = z.infer<typeof Health>;

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item), nextCursor: z.string().optional() });

const ListedRun = RunView.omit({ steps: true });
/** A run in a list. */
export type ListedRun = z.infer<typeof ListedRun>;

const runEnds: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

/** How often a subject is read while its events are listened to, and while they cannot be. */
const listeningPollMs = 5000;
const pollMs = 1000;
const outcomePollMs = 10_000;

const noEvents: EventSource = { subscribe: () => () => undefined };

/**
 * Submits tasks, runs workflows and follows both. Values larger than a frame travel as claim checks, unseen by the
 * caller. Every method throws {@link MusterError}; what is retryable has then been retried.
 */
export class Client {
  readonly #options: ClientOptions;
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #http: Http;
  #socket: ClientSocket | undefined;

  /** @throws {@link MusterError} INVALID_OPTION for an address or a key that can never be right. */
  constructor(options: ClientOptions) {
    checkUrl('url', options.url, ['http', 'https']);
    if (options.socketUrl !== undefined) checkUrl('socketUrl', options.socketUrl, ['ws', 'wss']);
    checkKey(options.apiKey);
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#random = options.random ?? Math.random;
    this.#http = new Http({ url: options.url, apiKey: options.apiKey, timers: this.#timers, random: this.#random });
  }

  /** Submits a task; resolves once it is stored and will end. */
  async submit(task: TaskSubmissionInput, options: SubmitOptions = {}): Promise<TaskView['taskId']> {
    const body = { ...task, input: await this.#stow(task.input, options.signal) };
    const view = await this.#http.call({ method: 'POST', path: '/tasks', body, ...options }, TaskView);
    return view.taskId;
  }

  /** Submits over the socket and waits for the end there; without a socket over HTTP. Look at the outcome's `status`. */
  async submitAndWait(task: TaskSubmissionInput, options: SubmitOptions & WaitOptions = {}): Promise<TaskOutcome> {
    const socket = this.#openSocket();
    if (socket === undefined) {
      const taskId = await this.submit(task, options);
      return outcomeOf(await this.waitForTask(taskId, options));
    }
    const key = options.idempotencyKey;
    if (key !== undefined) EnvelopeId.parse(key);
    return this.#within(options, async (signal) => {
      const line = { line: socket.link, submissions: socket.submissions, timers: this.#timers, random: this.#random };
      const submitted = await submitSubtask(
        { ...line, signal, id: key, traceparent: options.traceparent, isEndEnough: true },
        task,
      );
      if (submitted.hasEnded) return submitted.outcome;
      const polled = this.#pollOutcome(submitted.taskId, { socket, signal, isEnded: isTerminal(submitted.status) });
      return Promise.race([submitted.outcome, polled]);
    });
  }

  /** A task with its input and output, whatever their size. */
  async getTask(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    return this.#openView(await this.#readTask(taskId, options.signal), options.signal);
  }

  /** The task once it has ended, in whatever status. @throws {@link MusterError} WAIT_TIMEOUT */
  waitForTask(taskId: string, options: WaitOptions = {}): Promise<TaskView> {
    return this.#within(options, async (signal) => {
      await drainOf(this.watchTask(taskId, { signal }));
      return this.getTask(taskId, { signal });
    });
  }

  /** Asks for a cancellation; the agent is told to stop. */
  cancelTask(taskId: string, options: CallOptions & { readonly reason?: string | undefined } = {}): Promise<TaskView> {
    return this.#cancel(`/tasks/${encodeURIComponent(taskId)}`, options, TaskView);
  }

  /** Why a task is where it is: what each agent lacks, where it stands in the queue. */
  explainTask(taskId: string, options: CallOptions = {}): Promise<Explanation> {
    const path = `/tasks/${encodeURIComponent(taskId)}/explain`;
    return this.#http.call({ method: 'GET', path, ...options }, Explanation);
  }

  listTasks(options: ListOptions & { readonly type?: string | undefined } = {}): Promise<Page<TaskView>> {
    return this.#list('/tasks', options, pageOf(TaskView));
  }

  /** Stores a workflow as the newest version of its name. */
  putWorkflow(definition: WorkflowDefinitionInput, options: SubmitOptions = {}): Promise<WorkflowView> {
    return this.#http.call({ method: 'POST', path: '/workflows', body: definition, ...options }, WorkflowView);
  }

  getWorkflow(name: string, options: CallOptions = {}): Promise<WorkflowView> {
    return this.#http.call({ method: 'GET', path: `/workflows/${encodeURIComponent(name)}`, ...options }, WorkflowView);
  }

  listWorkflows(options: ListOptions = {}): Promise<Page<WorkflowView>> {
    return this.#list('/workflows', options, pageOf(WorkflowView));
  }

  /** Starts a workflow; resolves once the run is stored. */
  async startRun(request: RunRequestInput, options: SubmitOptions = {}): Promise<RunView> {
    const body = { ...request, input: await this.#stow(request.input, options.signal) };
    return this.#http.call({ method: 'POST', path: '/runs', body, ...options }, RunView);
  }

  /** A run with its input and output, whatever their size. */
  async getRun(runId: string, options: CallOptions = {}): Promise<RunView> {
    return this.#openView(await this.#readRun(runId, options.signal), options.signal);
  }

  /** The run once it has ended, in whatever status. @throws {@link MusterError} WAIT_TIMEOUT */
  waitForRun(runId: string, options: WaitOptions = {}): Promise<RunView> {
    return this.#within(options, async (signal) => {
      await drainOf(this.watchRun(runId, { signal }));
      return this.getRun(runId, { signal });
    });
  }

  /** Asks for a cancellation of a run and its tasks. */
  cancelRun(runId: string, options: CallOptions & { readonly reason?: string | undefined } = {}): Promise<RunView> {
    return this.#cancel(`/runs/${encodeURIComponent(runId)}`, options, RunView);
  }

  /** Runs, newest first, without their steps: those are in {@link Client.getRun}. */
  listRuns(options: ListOptions = {}): Promise<Page<ListedRun>> {
    return this.#list('/runs', options, pageOf(ListedRun));
  }

  /** What people are asked; with `open` only what is not answered. */
  listApprovals(options: ListOptions & { readonly open?: boolean } = {}): Promise<Page<TaskView>> {
    const { open, ...rest } = options;
    return this.#list('/approvals', { ...rest, ...(open === true ? { open: 'true' } : {}) }, pageOf(TaskView));
  }

  /** Answers an approval by one of its options. */
  answerApproval(
    taskId: string,
    { signal, ...body }: CallOptions & { readonly decision: string; readonly comment?: string | undefined },
  ): Promise<TaskView> {
    const path = `/approvals/${encodeURIComponent(taskId)}`;
    return this.#http.call({ method: 'POST', path, body, signal }, TaskView);
  }

  listAgents(options: ListOptions & { readonly capability?: string | undefined } = {}): Promise<Page<AgentView>> {
    return this.#list('/agents', options, pageOf(AgentView));
  }

  getAgent(agentId: string, options: CallOptions = {}): Promise<AgentView> {
    return this.#http.call({ method: 'GET', path: `/agents/${encodeURIComponent(agentId)}`, ...options }, AgentView);
  }

  /** Follows a task to its end. */
  watchTask(taskId: string, options: CallOptions = {}): AsyncIterable<WatchUpdate<TaskView>> {
    const socket = this.#openSocket();
    return followSubject({
      read: () => this.#readTask(taskId, options.signal),
      isEnded: (view) => isTerminal(view.status),
      isEnd: (event) => event.taskId === taskId && isTerminal(statusOf(event) ?? ''),
      source: socket?.events({ taskId }) ?? noEvents,
      timers: this.#timers,
      pollMs: socket === undefined ? pollMs : listeningPollMs,
      signal: options.signal,
    });
  }

  /** Follows a run and its tasks to the run's end. */
  watchRun(runId: string, options: CallOptions = {}): AsyncIterable<WatchUpdate<RunView>> {
    const socket = this.#openSocket();
    return followSubject({
      read: () => this.#readRun(runId, options.signal),
      isEnded: (view) => runEnds.includes(view.status),
      isEnd: (event) => event.taskId === undefined && runEnds.includes(statusOf(event) ?? ''),
      source: socket?.events({ runId }) ?? noEvents,
      timers: this.#timers,
      pollMs: socket === undefined ? pollMs : listeningPollMs,
      signal: options.signal,
    });
  }

  /** Follows one task or run: as {@link Client.watchTask} and {@link Client.watchRun}. */
  watch(
    topic: { readonly taskId: string } | { readonly runId: string },
    options: CallOptions = {},
  ): AsyncIterable<WatchUpdate<TaskView> | WatchUpdate<RunView>> {
    return 'taskId' in topic ? this.watchTask(topic.taskId, options) : this.watchRun(topic.runId, options);
  }

  /**
   * Every event of a task or run from a cursor on, in order, none left out and none twice; the log is kept from the first
   * call on. Keep the last `seq`: with it as `cursor` another process goes on from there.
   */
  events(subject: LogSubject, options: FollowOptions = {}): AsyncIterable<LogEvent> {
    return followLog(this.#http, subject, options);
  }

  health(options: CallOptions = {}): Promise<Health> {
    return this.#http.call({ method: 'GET', path: '/system/health', ...options }, Health);
  }

  /** Closes the socket; what waits on it is rejected. The client opens a new one when it needs it. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #openSocket(): ClientSocket | undefined {
    const { socketUrl, apiKey, encoding } = this.#options;
    if (socketUrl === undefined) return undefined;
    if (this.#socket?.fatal !== undefined) throw this.#socket.fatal;
    this.#socket ??= new ClientSocket({
      url: socketUrl,
      apiKey,
      encoding,
      timers: this.#timers,
      random: this.#random,
      timings: linkTimings,
    });
    return this.#socket;
  }

  #readTask(taskId: string, signal?: AbortSignal): Promise<TaskView> {
    return this.#http.call({ method: 'GET', path: `/tasks/${encodeURIComponent(taskId)}`, signal }, TaskView);
  }

  #readRun(runId: string, signal?: AbortSignal): Promise<RunView> {
    return this.#http.call({ method: 'GET', path: `/runs/${encodeURIComponent(runId)}`, signal }, RunView);
  }

  #list<Schema extends z.ZodType>(path: string, options: ListOptions, schema: Schema): Promise<z.infer<Schema>> {
    const { signal, ...query } = options;
    return this.#http.call({ method: 'GET', path, query: { ...query }, signal }, schema);
  }

  #cancel<Schema extends z.ZodType>(
    path: string,
    { reason, signal }: CallOptions & { readonly reason?: string | undefined },
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const body = reason === undefined ? {} : { reason };
    const request: ApiRequest = { method: 'POST', path: `${path}/cancel`, body, signal };
    return this.#http.call(request, schema);
  }

  #stow(value: unknown, signal?: AbortSignal): Promise<Json> {
    return stowPayload(value, 'input', {
      timers: this.#timers,
      random: this.#random,
      signal,
      inlineBytes: limits.inlinePayloadBytes,
      prepare: (body) => this.#http.call({ method: 'POST', path: '/payloads', body, signal }, UploadPlace),
    });
  }

  async #openView<View extends { input: Json; output?: Json | undefined }>(
    view: View,
    signal?: AbortSignal,
  ): Promise<View> {
    const transfer = { timers: this.#timers, random: this.#random, signal };
    const input = await openPayload(view.input, transfer);
    if (view.output === undefined) return { ...view, input };
    return { ...view, input, output: await openPayload(view.output, transfer) };
  }

  /** A completion is pushed once; whoever was away then finds the outcome here. */
  async #pollOutcome(
    taskId: string,
    {
      socket,
      signal,
      isEnded,
    }: { readonly socket: ClientSocket; readonly signal: AbortSignal; readonly isEnded: boolean },
  ): Promise<TaskOutcome> {
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst || !isEnded) await this.#pauseUntilUp(socket, signal);
      signal.throwIfAborted();
      const view = await this.#readTask(taskId, signal);
      if (isTerminal(view.status)) return outcomeOf(await this.#openView(view, signal));
    }
  }

  async #pauseUntilUp(socket: ClientSocket, signal: AbortSignal): Promise<void> {
    const up = new AbortController();
    const forget = socket.onUp(() => up.abort());
    await pause(this.#timers, outcomePollMs, AbortSignal.any([signal, up.signal]));
    forget();
  }

  /** Runs something with a signal that also ends when it is done, so that nothing of it is left behind. */
  async #within<Result>(
    { signal, timeoutMs }: WaitOptions,
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const inner = new AbortController();
    const abort = (): void => inner.abort(toError(signal?.reason));
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    const late = new MusterError(`Not ended within ${timeoutMs ?? 0} ms`, { code: 'WAIT_TIMEOUT', retryable: true });
    const callOff = timeoutMs === undefined ? undefined : this.#timers.after(timeoutMs, () => inner.abort(late));
    try {
      return await run(inner.signal);
    } finally {
      callOff?.();
      signal?.removeEventListener('abort', abort);
      inner.abort(new MusterError('No longer waited for', { code: 'STOPPED' }));
    }
  }
}

const outcomeOf = ({ taskId, status, output, error, usage }: TaskView): TaskOutcome => ({
  taskId,
  status,
  output,
  error,
  usage,
});

const drainOf = async (updates: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of updates);
};
