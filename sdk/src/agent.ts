import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { Encoding } from '../../core/contract/address.ts';
import type { AgentRegistration } from '../../core/contract/agent.ts';
import type { ConflictReportInput, DecidedConflict } from '../../core/contract/conflict.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { timings as platformTimings } from '../../core/contract/limits.ts';
import { platformFrames } from '../../core/contract/platform-frames.ts';
import type { AssignedTask } from '../../core/contract/task.ts';
import { Assignments } from './assignments.ts';
import type { BatchHandler } from './batch.ts';
import type { BidHandler } from './bids.ts';
import { Emitter } from './emitter.ts';
import { MusterError, toError, unreadable } from './errors.ts';
import type { OutgoingFrame } from './frames.ts';
import type { LinkTimings } from './link.ts';
import { Link, linkTimings } from './link.ts';
import type { MessageTimings } from './message-sender.ts';
import { messageTimings } from './message-sender.ts';
import { Messages } from './messages.ts';
import { checkKey, checkUrl } from './options.ts';
import type { SharedState, SharedStateOptions } from './shared-state.ts';
import { SharedStates } from './shared-states.ts';
import { type AskOptions, askOver } from './socket-calls.ts';
import { Submissions } from './submissions.ts';
import type { Asking, Subtask, TaskHandler } from './task-context.ts';
import type { AttemptEnd } from './task-runner.ts';
import type { Timers } from './timers.ts';
import { pause, realTimers } from './timers.ts';

/** Time limits of an agent. */
export interface AgentTimings extends LinkTimings, MessageTimings {
  /** How long `stop` waits for handlers that were told to stop. */
  readonly stopMs: number;
}

/** What an agent says of itself (see `agent.register`), and where it connects. */
export interface AgentOptions extends Omit<z.input<typeof AgentRegistration>, 'resume'> {
  /** `wss://…` of the platform. */
  readonly url: string;
  readonly apiKey: string;
  /** How frames are written on the socket (docs/binary.md). @default 'json' */
  readonly encoding?: Encoding;
  /** For unusual networks. */
  readonly timings?: Partial<AgentTimings>;
  /** For tests. */
  readonly timers?: Timers;
  readonly random?: () => number;
}

/** What an agent tells its process. */
export interface AgentEvents {
  /** Registered; also after each reconnect and rollover. */
  connected: { readonly agentId: string };
  disconnected: { readonly reason: string };
  /** A connection did not come about; the next try comes by itself. Without a listener each outage is one process warning. */
  retrying: { readonly error: Error };
  /** An attempt begins; a repeated delivery of it is not told. */
  assigned: { readonly task: AssignedTask; readonly attempt: number };
  /** An attempt ended and the platform knows it. */
  completed: AttemptEnd;
  /** People have decided a conflict that this agent reported. */
  conflictDecided: DecidedConflict;
  /** Something went wrong that no caller sees. Without a listener it becomes a process warning. */
  error: Error;
  /** The agent has ended; `error` says why when it did not choose to (replaced, key refused). */
  stopped: { readonly error?: Error };
}

/**
 * A process's place in the fleet: registers, takes assignments, runs a handler for each and reports how it ended.
 * Reconnects, resumes and replaces its socket by itself.
 */
export class Agent extends Emitter<AgentEvents> implements Asking {
  readonly #options: AgentOptions;
  readonly #timings: AgentTimings;
  readonly #timers: Timers;
  readonly #submissions = new Submissions();
  readonly #states: SharedStates;
  #stopHandler: (reason: string) => void = () => undefined;
  readonly #link: Link;
  readonly #line: AskOptions;
  readonly #work: Assignments;
  /** What it says to other agents, and hears from them. */
  readonly messages: Messages;
  #agentId: string | undefined;
  #heartbeatMs: number = platformTimings.heartbeatMs;
  #callOffHeartbeat: () => void = () => undefined;
  #isDraining = false;
  #isFirst = true;
  #hasWarned = false;
  #state: 'new' | 'started' | 'stopped' = 'new';
  #started: { resolve: () => void; reject: (error: Error) => void } | undefined;

  /** @throws {@link MusterError} INVALID_OPTION for an address or a key that can never be right. */
  constructor(options: AgentOptions) {
    super();
    checkUrl('url', options.url, ['ws', 'wss']);
    checkKey(options.apiKey);
    this.#options = options;
    this.#timings = { ...linkTimings, ...messageTimings, stopMs: 5000, ...options.timings };
    this.#timers = options.timers ?? realTimers;
    this.#agentId = options.agentId;
    const random = options.random ?? Math.random;
    this.#link = new Link({
      url: options.url,
      apiKey: options.apiKey,
      encoding: options.encoding,
      timers: this.#timers,
      random,
      timings: this.#timings,
      introduction: () => {
        this.messages.hold();
        return { frame: this.#registration(), answer: 'agent.registered' };
      },
      onEnvelope: (envelope) => this.#receive(envelope),
      onUp: () => this.#connected(),
      onDown: (reason) => this.#disconnected(reason),
      onRetry: (error) => this.#retrying(error),
      onFatal: (error) => this.#ended(error),
    });
    this.#line = { line: this.#link, submissions: this.#submissions, timers: this.#timers, random };
    this.#states = new SharedStates({
      line: this.#link,
      timers: this.#timers,
      onError: (error) => this.#report(error),
    });
    this.messages = new Messages({
      ...this.#line,
      timings: this.#timings,
      isUp: () => this.#link.isUp,
      onError: (error) => this.#report(error),
    });
    this.#work = new Assignments({
      ...this.#line,
      declared: options,
      onBegin: (begun) => this.emit('assigned', begun),
      onEnd: (end) => this.emit('completed', end),
      onError: (error) => this.#report(error),
    });
  }

  /** The id that the platform gave, from the first registration on. */
  get agentId(): string | undefined {
    return this.#agentId;
  }

  /** Whether the agent is registered on an open connection now. */
  get isConnected(): boolean {
    return this.#link.isUp;
  }

  /** Sets the handler of a task type; `*` takes what has no handler of its own. */
  handle(type: string, handler: TaskHandler): this {
    this.#work.handle(type, handler);
    return this;
  }

  /**
   * Sets the handler of a task type that the agent does several of at once. Tasks that wait when the agent has room come
   * together in one message; a task that comes alone is a batch of one.
   */
  handleBatch(type: string, handler: BatchHandler): this {
    this.#work.handleBatch(type, handler);
    return this;
  }

  /**
   * Sets what the agent offers when a task is auctioned. Without a handler it offers its `costPerTask`, how long such tasks
   * took it so far, stretched by its load, and its confidence in the capabilities that are asked for.
   */
  onBid(handler: BidHandler): this {
    this.#work.onBid(handler);
    return this;
  }

  /** This agent's replica of what is shared under a scope, from now on kept up to date. */
  state(scope: string, options: SharedStateOptions = {}): SharedState {
    return this.#states.of(scope, options);
  }

  /**
   * Sets what is done when an operator stops this agent at once: its handlers have been aborted, its tasks are others' by
   * then, and it does not reconnect. What it has begun elsewhere is to be undone here.
   */
  onStop(handler: (reason: string) => void): this {
    this.#stopHandler = handler;
    return this;
  }

  /**
   * Connects; resolves when registered, however long the platform takes to be there.
   * @throws {@link AuthenticationError} for a refused key; {@link MusterError} for a refused registration.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new MusterError('An agent starts once', { code: 'ALREADY_STARTED' });
    this.#state = 'started';
    await new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject };
      this.#link.start();
    });
  }

  /** Takes nothing new, finishes what it has, then stops. */
  async drain(): Promise<void> {
    if (this.#state !== 'started') return this.stop();
    this.#isDraining = true;
    this.#work.close();
    this.#announce('paused');
    await this.#work.settle();
    return this.stop();
  }

  /** Aborts what runs, gives unfinished tasks back to the platform and disconnects. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#work.abort('The agent stops');
    if (this.#link.isUp) {
      const settled = new AbortController();
      const work = Promise.all([this.#work.settle(), this.messages.settle()]).finally(() => settled.abort());
      await Promise.race([work, pause(this.#timers, this.#timings.stopMs, settled.signal)]);
    }
    this.#link.stop();
    this.#ended();
  }

  collaborate(...[request, { key } = {}]: Parameters<Asking['collaborate']>): Promise<Subtask> {
    return askOver({ ...this.#line, id: key }, 'collaboration.request', request);
  }

  requestResource(...[request, { key } = {}]: Parameters<Asking['requestResource']>): Promise<Subtask> {
    return askOver({ ...this.#line, id: key }, 'resource.request', request);
  }

  escalate(...[request, { key } = {}]: Parameters<Asking['escalate']>): Promise<Subtask> {
    return askOver({ ...this.#line, id: key }, 'escalation.raise', request);
  }

  /**
   * Reports that agents disagree. Resolves with what that came to: a decision by the rules, or that people are asked. What
   * these decide is told by `conflictDecided`, and waits as a message (`intent` notification) for an agent that is away.
   * @throws {@link MusterError} with the platform's code when it is refused.
   */
  async reportConflict(report: ConflictReportInput, { key }: { readonly key?: string } = {}): Promise<DecidedConflict> {
    const answer = await this.#link.request('conflict.report', report, { id: key, answer: 'conflict.decided' });
    return platformFrames['conflict.decided'].parse(answer.payload);
  }

  #registration(): OutgoingFrame<'agent.register'> {
    const {
      url: _url,
      apiKey: _apiKey,
      encoding: _encoding,
      timings: _timings,
      timers: _timers,
      random: _random,
      ...own
    } = this.#options;
    return {
      id: randomUUID(),
      type: 'agent.register',
      payload: {
        ...own,
        ...this.#work.registered(own),
        ...(this.#agentId === undefined ? {} : { agentId: this.#agentId }),
        resume: { tasks: this.#work.held.map(({ taskId, attempt }) => ({ taskId, attempt })) },
      },
    };
  }

  #receive(envelope: PlatformEnvelope): void {
    if (this.#submissions.take(envelope) || this.messages.take(envelope) || this.#states.take(envelope)) return;
    if (this.#work.take(envelope)) return;
    const { type, payload } = envelope;
    if (type === 'agent.registered') this.#registered(platformFrames[type].safeParse(payload));
    if (type === 'conflict.decided') this.#decided(platformFrames[type].safeParse(payload));
    if (type === 'server.rollover') this.#link.rollOver();
    if (type === 'agent.stop') this.#halted(platformFrames[type].safeParse(payload));
  }

  /** An operator has stopped the agent: nothing is finished, and nothing is given back; the platform has taken it. */
  #halted(parsed: z.ZodSafeParseResult<z.infer<(typeof platformFrames)['agent.stop']>>): void {
    const reason = parsed.data?.reason ?? 'Stopped by an operator.';
    this.#work.abort(reason);
    this.#link.stop();
    this.#stopHandler(reason);
    this.#ended(new MusterError(reason, { code: 'AGENT_STOPPED' }));
  }

  #registered(parsed: z.ZodSafeParseResult<z.infer<(typeof platformFrames)['agent.registered']>>): void {
    if (!parsed.success) return this.#report(unreadable('agent.registered', parsed.error));
    this.#agentId = parsed.data.agentId;
    this.#heartbeatMs = parsed.data.heartbeatMs;
    return undefined;
  }

  #decided(parsed: z.ZodSafeParseResult<DecidedConflict>): void {
    if (!parsed.success) return this.#report(unreadable('conflict.decided', parsed.error));
    const { escalated, status } = parsed.data;
    // A second answer to a report that was sent twice tells nothing new.
    if (escalated && status !== 'ESCALATED') this.emit('conflictDecided', parsed.data);
    return undefined;
  }

  #connected(): void {
    this.#scheduleHeartbeat();
    this.messages.connected();
    if (this.#isDraining) this.#announce('paused');
    // The process before this one may have drained.
    else if (this.#isFirst) this.#announce('idle');
    this.#states.up();
    this.#isFirst = false;
    this.#hasWarned = false;
    this.emit('connected', { agentId: this.#agentId ?? '' });
    this.#started?.resolve();
  }

  #retrying(error: Error): void {
    // The next socket did not come about; the one before it still serves.
    if (this.#link.isUp) this.messages.connected();
    if (this.emit('retrying', { error }) || this.#hasWarned) return;
    // Once for each outage: whoever waits for `start` must see why nothing happens.
    this.#hasWarned = true;
    const message = `Not connected, trying again: ${error.message}`;
    process.emitWarning(new MusterError(message, { code: 'UNAVAILABLE', retryable: true, cause: error }));
  }

  #disconnected(reason: string): void {
    this.#callOffHeartbeat();
    this.messages.hold();
    this.emit('disconnected', { reason });
  }

  #scheduleHeartbeat(): void {
    this.#callOffHeartbeat();
    this.#callOffHeartbeat = this.#timers.after(this.#heartbeatMs, () => {
      this.#link.post('agent.heartbeat', { tasks: this.#work.held });
      this.#scheduleHeartbeat();
    });
  }

  /** A pause is of this process; `draining` and `inactive` are of the agent, and an operator's to set. */
  #announce(state: 'paused' | 'idle'): void {
    this.#link.request('agent.update', { state }).catch((error: unknown) => this.#report(toError(error)));
  }

  #ended(error?: Error): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#callOffHeartbeat();
    this.messages.hold();
    this.#states.end();
    this.#work.abort(error?.message ?? 'The agent stops');
    this.#started?.reject(error ?? new MusterError('The agent was stopped', { code: 'STOPPED' }));
    this.emit('stopped', error === undefined ? {} : { error });
  }

  #report(error: Error): void {
    // What an end leaves unanswered is no error of its own: `stopped` says why it ended.
    if (this.#state === 'stopped') return;
    if (!this.emit('error', error)) process.emitWarning(error);
  }
}
