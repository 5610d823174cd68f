import * as z from 'zod';
import { AgentView } from '../../core/contract/agent.ts';
import type { ApprovalAnswer } from '../../core/contract/approval-link.ts';
import type { LogEvent } from '../../core/contract/event-log.ts';
import { Explanation } from '../../core/contract/explanation.ts';
import { EnvelopeId } from '../../core/contract/ids.ts';
import { type OutgoingMessageInput, SentMessage } from '../../core/contract/messaging.ts';
import type { TaskSubmissionInput } from '../../core/contract/task.ts';
import { isTerminal, TaskView } from '../../core/contract/task.ts';
import type { RunRequestInput, WorkflowDefinitionInput } from '../../core/contract/workflow.ts';
import { RunView, WorkflowView } from '../../core/contract/workflow.ts';
import { ApiPayloads } from './api-payloads.ts';
import type { CallOptions, ClientOptions, ListOptions, Page, SubmitOptions, WaitOptions } from './call-options.ts';
import { pageOf } from './call-options.ts';
import { ClientSocket } from './client-socket.ts';
import { type FollowOptions, followLog, type LogSubject } from './event-log.ts';
import type { ApiRequest } from './http.ts';
import { Http } from './http.ts';
import { linkTimings } from './link.ts';
import { checkKey, checkUrl } from './options.ts';
import { outcomeOf, pollEnd } from './poll-outcome.ts';
import { submitSubtask } from './socket-calls.ts';
import type { TaskOutcome } from './submissions.ts';
import type { Timers } from './timers.ts';
import { realTimers } from './timers.ts';
import type { EventSource, WatchUpdate } from './watch.ts';
import { followSubject, statusOf } from './watch.ts';
import { within } from './within.ts';

const Health = z.looseObject({ status: z.string() });
/** What the health route answers. */
export type Health = z.infer<typeof Health>;

const ListedRun = RunView.omit({ steps: true });
/** A run in a list. */
export type ListedRun = z.infer<typeof ListedRun>;

const Sent = z.looseObject({ results: z.array(SentMessage) });

const runEnds: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

/** How often a subject is read while its events are listened to, and while they cannot be. */
const listeningPollMs = 5000;
const pollMs = 1000;

const noEvents: EventSource = { subscribe: () => () => undefined };

/**
 * Submits tasks, runs workflows and follows both. Values larger than a frame travel as claim checks, unseen by the
 * caller. Every method throws {@link MusterError}; what is retryable has then been retried.
 */
export class Client {
  readonly #options: ClientOptions;
  readonly #timers: Timers;
  /** The last number of what it sent to agents; grows also over restarts. */
  #messageNumber = 0;
  readonly #random: () => number;
  readonly #http: Http;
  readonly #payloads: ApiPayloads;
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
    this.#payloads = new ApiPayloads(this.#http, { timers: this.#timers, random: this.#random });
  }

  /** Submits a task; resolves once it is stored and will end. */
  async submit(task: TaskSubmissionInput, options: SubmitOptions = {}): Promise<TaskView['taskId']> {
    const body = { ...task, input: await this.#payloads.stow(task.input, options.signal) };
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
    return within(this.#timers, options, async (signal) => {
      const line = { line: socket.link, submissions: socket.submissions, timers: this.#timers, random: this.#random };
      const submitted = await submitSubtask(
        { ...line, signal, id: key, traceparent: options.traceparent, isEndEnough: true },
        task,
      );
      if (submitted.hasEnded) return submitted.outcome;
      const { taskId, status, outcome } = submitted;
      const read = (): Promise<TaskView> => this.#readTask(taskId, signal);
      const ended = pollEnd({ read, socket, timers: this.#timers, signal, isEnded: isTerminal(status) });
      const polled = ended.then(async (view) => outcomeOf(await this.#payloads.open(view, signal)));
      return Promise.race([outcome, polled]);
    });
  }

  /** A task with its input and output, whatever their size. */
  async getTask(taskId: string, options: CallOptions = {}): Promise<TaskView> {
    return this.#payloads.open(await this.#readTask(taskId, options.signal), options.signal);
  }

  /** The task once it has ended, in whatever status. @throws {@link MusterError} WAIT_TIMEOUT */
  waitForTask(taskId: string, options: WaitOptions = {}): Promise<TaskView> {
    return within(this.#timers, options, async (signal) => {
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
    const body = { ...request, input: await this.#payloads.stow(request.input, options.signal) };
    return this.#http.call({ method: 'POST', path: '/runs', body, ...options }, RunView);
  }

  /** A run with its input and output, whatever their size. */
  async getRun(runId: string, options: CallOptions = {}): Promise<RunView> {
    return this.#payloads.open(await this.#readRun(runId, options.signal), options.signal);
  }

  /** The run once it has ended, in whatever status. @throws {@link MusterError} WAIT_TIMEOUT */
  waitForRun(runId: string, options: WaitOptions = {}): Promise<RunView> {
    return within(this.#timers, options, async (signal) => {
      await drainOf(this.watchRun(runId, { signal }));
      return this.getRun(runId, { signal });
    });
  }

  /** Asks for a cancellation of a run and its tasks. */
  cancelRun(runId: string, options: CallOptions & { readonly reason?: string | undefined } = {}): Promise<RunView> {
    return this.#cancel(`/runs/${encodeURIComponent(runId)}`, options, RunView);
  }

  /** Runs, newest first, without their steps: those are in {@link Client.getRun}. */
  listRuns(options: ListOptions & { readonly workflow?: string | undefined } = {}): Promise<Page<ListedRun>> {
    return this.#list('/runs', options, pageOf(ListedRun));
  }

  /** What people are asked; with `open` only what is not answered. */
  listApprovals(options: ListOptions & { readonly open?: boolean } = {}): Promise<Page<TaskView>> {
    const { open, ...rest } = options;
    return this.#list('/approvals', { ...rest, ...(open === true ? { open: 'true' } : {}) }, pageOf(TaskView));
  }

  /** Answers an approval by one of its options. */
  answerApproval(taskId: string, { signal, ...body }: CallOptions & ApprovalAnswer): Promise<TaskView> {
    const path = `/approvals/${encodeURIComponent(taskId)}`;
    return this.#http.call({ method: 'POST', path, body, signal }, TaskView);
  }

  /**
   * Sends up to ten messages to agents, in the name of the key. Each has its own result; one that comes alone is refused by
   * an error. Of a client that waits for each answer they come in order.
   */
  async sendMessages(
    messages: readonly OutgoingMessageInput[],
    options: SubmitOptions = {},
  ): Promise<readonly SentMessage[]> {
    this.#messageNumber = Math.max(this.#messageNumber + 1, this.#timers.now());
    const body = { number: this.#messageNumber, messages };
    return (await this.#http.call({ method: 'POST', path: '/messages', body, ...options }, Sent)).results;
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
}

const drainOf = async (updates: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of updates);
};
