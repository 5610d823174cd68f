import type * as z from 'zod';
import type { AgentRegistration } from '../../core/contract/agent.ts';
import type { PlatformEnvelope } from '../../core/contract/envelope.ts';
import { limits } from '../../core/contract/limits.ts';
import { type PlatformFrame, platformFrames } from '../../core/contract/platform-frames.ts';
import type { AssignedTask } from '../../core/contract/task.ts';
import { type BatchHandler, createBatch } from './batch.ts';
import { type BidHandler, Durations, readBidRequest, usualBid } from './bids.ts';
import { TaskFailure, unreadable } from './errors.ts';
import type { AskOptions } from './socket-calls.ts';
import type { TaskHandler } from './task-context.ts';
import { type AttemptEnd, TaskRunner } from './task-runner.ts';

/** What an agent's work needs of it, and tells it. */
export interface AssignmentsOptions extends AskOptions {
  /** What it says of itself. */
  readonly declared: Pick<z.input<typeof AgentRegistration>, 'capabilities' | 'costPerTask' | 'maxConcurrency'>;
  /** An attempt begins. */
  readonly onBegin: (begun: { readonly task: AssignedTask; readonly attempt: number }) => void;
  readonly onEnd: (end: AttemptEnd) => void;
  readonly onError: (error: Error) => void;
}

type Registered = Pick<z.input<typeof AgentRegistration>, 'taskTypes' | 'batchTypes'>;

/** More types than a registration names: it then names none, and takes all. */
const mostTypes = 50;

/** What an agent does: which handler is for what, and what it was given to do. */
export class Assignments {
  readonly #options: AssignmentsOptions;
  readonly #handlers = new Map<string, TaskHandler>();
  readonly #batchHandlers = new Map<string, BatchHandler>();
  readonly #durations: Durations;
  readonly #runner: TaskRunner;
  #bidHandler: BidHandler = (_request, usual) => usual;

  constructor(options: AssignmentsOptions) {
    this.#options = options;
    this.#durations = new Durations(() => options.timers.now());
    this.#runner = new TaskRunner({
      ...options,
      findHandler: ({ kind, type }) => {
        const handler = this.#handlers.get(type) ?? this.#handlers.get('*');
        return handler === undefined || kind !== 'bid' ? handler : this.#bidder;
      },
      onEnd: (end) => {
        this.#durations.end(end.task, end.outcome === 'succeeded');
        options.onEnd(end);
      },
    });
  }

  handle(type: string, handler: TaskHandler): void {
    this.#handlers.set(type, handler);
  }

  handleBatch(type: string, handler: BatchHandler): void {
    this.#batchHandlers.set(type, handler);
    this.handle(type, async (task, context) => (await handler([task], [context]))[0]);
  }

  onBid(handler: BidHandler): void {
    this.#bidHandler = handler;
  }

  /** What a registration says of the handlers; the types of tasks only where the agent does not name them itself. */
  registered({ taskTypes }: Pick<Registered, 'taskTypes'>): Registered {
    const types = [...this.#handlers.keys()];
    const named =
      taskTypes !== undefined || types.includes('*') || types.length > mostTypes ? {} : { taskTypes: types };
    const batchTypes = [...this.#batchHandlers.keys()];
    return { ...named, ...(batchTypes.length === 0 ? {} : { batchTypes }) };
  }

  /** What is held, as far as the platform is told of it at once. */
  get held(): TaskRunner['tasks'] {
    return this.#runner.tasks.slice(0, limits.maxConcurrency);
  }

  /** Takes the frame if it gives work, or takes it away. */
  take({ type, payload, ts: sentAt }: PlatformEnvelope): boolean {
    if (type === 'task.assigned')
      this.#read(type, platformFrames[type].safeParse(payload), (assignment) => this.#assign([assignment], sentAt));
    else if (type === 'task.batch')
      this.#read(type, platformFrames[type].safeParse(payload), ({ assignments }) => this.#batch(assignments, sentAt));
    else if (type === 'task.cancel')
      this.#read(type, platformFrames[type].safeParse(payload), (taken) => this.#release(taken, 'cancelled'));
    else if (type === 'lease.lost')
      this.#read(type, platformFrames[type].safeParse(payload), (taken) => this.#release(taken, 'lost'));
    else return false;
    return true;
  }

  /** From now on assignments are rejected. */
  close(): void {
    this.#runner.close();
  }

  /** Rejects assignments from now on, and aborts all work; what is unfinished is given back. */
  abort(reason: string): void {
    this.#runner.close();
    this.#runner.abortAll(reason);
  }

  /** Resolves when nothing is held. */
  settle(): Promise<void> {
    return this.#runner.settle();
  }

  #read<Payload>(type: string, parsed: z.ZodSafeParseResult<Payload>, take: (payload: Payload) => void): void {
    if (parsed.success) take(parsed.data);
    else this.#options.onError(unreadable(type, parsed.error));
  }

  #assign(assignments: readonly PlatformFrame<'task.assigned'>[], sentAt: number, batched?: TaskHandler): void {
    for (const assignment of assignments) {
      const { task, attempt } = assignment;
      // A repeated delivery is no new beginning.
      if (this.#runner.isNew({ taskId: task.taskId, attempt })) {
        this.#options.onBegin({ task, attempt });
        this.#durations.begin(task);
      }
      this.#runner.assign(assignment, sentAt, batched);
    }
  }

  #batch(assignments: readonly PlatformFrame<'task.assigned'>[], sentAt: number): void {
    const types = new Set(assignments.map(({ task }) => task.type));
    for (const type of types) {
      const ofType = assignments.filter(({ task }) => task.type === type);
      const batchHandler = this.#batchHandlers.get(type);
      const fresh = ofType.filter(({ task: { taskId }, attempt }) => this.#runner.isNew({ taskId, attempt }));
      const { timers } = this.#options;
      this.#assign(
        ofType,
        sentAt,
        batchHandler === undefined ? undefined : createBatch(fresh.length, batchHandler, timers),
      );
    }
  }

  #release({ taskId, attempt, reason }: PlatformFrame<'lease.lost'>, taken: 'cancelled' | 'lost'): void {
    const why = typeof reason === 'string' ? reason : `The task was ${taken}`;
    this.#runner.release({ taskId, attempt }, taken, why);
  }

  readonly #bidder: TaskHandler = async (task, context) => {
    const request = readBidRequest(task);
    const { declared } = this.#options;
    const { maxConcurrency = limits.defaultMaxConcurrency } = declared;
    const load = Math.min(1, this.#runner.busy / maxConcurrency);
    const usual = usualBid(request, { declared, durations: this.#durations, load });
    const offer = await this.#bidHandler(request, usual, context);
    if (offer === undefined) throw new TaskFailure('NO_BID', 'The agent makes no offer.', { retryable: false });
    return { ...offer };
  };
}
