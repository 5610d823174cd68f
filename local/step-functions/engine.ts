import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../contract.ts';
import { childOutcome } from './child-outcome.ts';
import type { Effect, Execution, ExecutionEvent, Frame, Step } from './execution.ts';
import type { InterpreterContext } from './interpreter-context.ts';
import { reduce } from './reduce.ts';
import { parseResource } from './resources.ts';
import type { ExecutionState } from './step-draft.ts';
import type { Store } from './store.ts';
import type { PerformTask } from './task-outcome.ts';

/** What the engine works with. */
export interface EngineParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly performTask: PerformTask;
  readonly publish: (detail: Record<string, unknown>) => Promise<void>;
  /** The interpreter context for a stored definition. */
  readonly contextOf: (definitionId: string) => InterpreterContext;
  /** Told once when a step could not be committed; the engine does nothing more. */
  readonly onBreakdown: (error: unknown) => void;
}

interface Queued {
  readonly event: ExecutionEvent;
  readonly done: (isAccepted: boolean) => void;
  readonly fail: (error: unknown) => void;
}

interface Live {
  state: ExecutionState;
  readonly queue: Queued[];
  isBusy: boolean;
  readonly timers: Map<number | 'deadline', () => void>;
}

function dueAt(frame: Frame): number | undefined {
  const { phase } = frame;
  if (phase.kind === 'wait' || phase.kind === 'retry') return phase.dueAt;
  if (phase.kind !== 'task') return undefined;
  const { timeoutAt = Infinity, heartbeatAt = Infinity } = phase.task;
  const first = Math.min(timeoutAt, heartbeatAt);
  return first === Infinity ? undefined : first;
}

/** For events that nobody waits for; their failure is reported as a breakdown. */
const nobody: Pick<Queued, 'done' | 'fail'> = { done: () => {}, fail: () => {} };

/** Steps of one execution before other work gets its turn. */
const stepsPerTurn = 50;

/** Delay before a change of status is offered again to a bus that refused it. */
const publishRetryMs = 1000;

/**
 * Runs executions: one event at a time per execution, each reduced, committed and only then acted on. What was
 * committed but not acted on is acted on again by {@link Engine.resume}.
 */
export class Engine {
  readonly #parts: EngineParts;
  readonly #live = new Map<string, Live>();
  /** Parents that wait for a child execution, by the child's arn. */
  readonly #waiters = new Map<string, { parent: string; frame: number; token: string }[]>();
  readonly #idlers: (() => void)[] = [];
  #active = 0;
  #isStopped = false;
  #cancelPublish: (() => void) | undefined;
  #isPublishing = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** Takes up every execution that the store says is running. */
  resume(): void {
    for (const state of this.#parts.store.running()) {
      this.#adopt(state);
      for (const frame of state.frames.values()) this.#resumeFrame(state.execution.arn, frame);
    }
    this.#publishNotices();
  }

  #resumeFrame(arn: string, frame: Frame): void {
    if (frame.phase.kind === 'ready') this.#enqueue(arn, { kind: 'advance', frame: frame.id });
    if (frame.phase.kind !== 'task') return;
    const { isSubmitted, childArn, token } = frame.phase.task;
    if (!isSubmitted) this.#perform(arn, frame.id, true);
    else if (childArn !== undefined) this.#awaitChild(arn, { kind: 'await-child', frame: frame.id, childArn, token });
  }

  /** Starts a newly stored execution. */
  start(execution: Execution, frame: Frame): void {
    this.#adopt({ execution, frames: new Map([[frame.id, frame]]), lastEventId: 1, lastFrameId: frame.id });
    this.#enqueue(execution.arn, { kind: 'advance', frame: frame.id });
    this.#publishNotices();
  }

  #adopt(state: ExecutionState): void {
    const live: Live = { state, queue: [], isBusy: false, timers: new Map() };
    this.#live.set(state.execution.arn, live);
    const { arn, deadlineAt } = state.execution;
    if (deadlineAt !== undefined) this.#arm(live, 'deadline', { at: deadlineAt, event: { kind: 'deadline' }, arn });
    for (const frame of state.frames.values()) this.#armFrame(live, frame);
  }

  /** Handles an event; false when it came too late to change anything. Rejects when it could not be committed. */
  deliver(arn: string, event: ExecutionEvent): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (!this.#enqueue(arn, event, { done: resolve, fail: reject })) resolve(false);
    });
  }

  #enqueue(arn: string, event: ExecutionEvent, waiting: Pick<Queued, 'done' | 'fail'> = nobody): boolean {
    const live = this.#live.get(arn);
    if (!live || this.#isStopped) return false;
    live.queue.push({ event, ...waiting });
    if (!live.isBusy) void this.#drain(arn, live);
    return true;
  }

  async #drain(arn: string, live: Live): Promise<void> {
    live.isBusy = true;
    this.#active += 1;
    for (let next = live.queue.shift(), count = 1; next; next = live.queue.shift(), count += 1) {
      // Steps are chained promises: without a pause a busy execution would keep all timers and sockets waiting.
      if (count % stepsPerTurn === 0) await setImmediate();
      try {
        next.done(!this.#isStopped && (await this.#step(arn, live, next.event)));
      } catch (error) {
        next.fail(error);
        this.#breakDown(error);
      }
    }
    live.isBusy = false;
    this.#leave();
  }

  #breakDown(error: unknown): void {
    if (this.#isStopped) return;
    this.stop();
    this.#parts.onBreakdown(error);
  }

  async #step(arn: string, live: Live, event: ExecutionEvent): Promise<boolean> {
    const context = this.#parts.contextOf(live.state.execution.definitionId);
    const step = await reduce(live.state, event, { context, now: this.#parts.clock.now() });
    if (this.#isStopped) return false;
    if (!step.isAccepted) return false;
    this.#parts.store.commit(step, live.state);
    this.#apply(live, step);
    for (const effect of step.effects) this.#act(arn, effect);
    if (step.execution.status !== 'RUNNING') this.#end(step.execution, live);
    return true;
  }

  #apply(live: Live, step: Step): void {
    const frames = new Map(live.state.frames);
    let { lastFrameId } = live.state;
    for (const [id, frame] of step.frames) {
      lastFrameId = Math.max(lastFrameId, id);
      live.timers.get(id)?.();
      live.timers.delete(id);
      if (!frame) {
        frames.delete(id);
        continue;
      }
      frames.set(id, frame);
      this.#armFrame(live, frame);
    }
    const lastEventId = live.state.lastEventId + step.history.length;
    live.state = { execution: step.execution, frames, lastEventId, lastFrameId };
  }

  #armFrame(live: Live, frame: Frame): void {
    const at = dueAt(frame);
    const { arn } = live.state.execution;
    if (at !== undefined) this.#arm(live, frame.id, { at, event: { kind: 'due', frame: frame.id }, arn });
  }

  #arm(live: Live, key: number | 'deadline', alarm: { at: number; event: ExecutionEvent; arn: string }): void {
    const { clock } = this.#parts;
    const cancel = clock.after(Math.max(0, alarm.at - clock.now()), () => {
      // A timer may fire a moment early; the reducer would take no notice of it then.
      if (clock.now() < alarm.at) this.#arm(live, key, alarm);
      else this.#enqueue(alarm.arn, alarm.event);
    });
    live.timers.set(key, cancel);
  }

  #act(arn: string, effect: Effect): void {
    switch (effect.kind) {
      case 'advance':
        this.#enqueue(arn, effect);
        return;
      case 'perform':
        this.#perform(arn, effect.frame, false);
        return;
      case 'await-child':
        this.#awaitChild(arn, effect);
        return;
      case 'stop-child':
        this.#enqueue(effect.childArn, { kind: 'stop', error: undefined, cause: effect.cause });
        return;
    }
  }

  #perform(arn: string, frameId: number, isRepeated: boolean): void {
    const live = this.#live.get(arn);
    const frame = live?.state.frames.get(frameId);
    if (!live || frame?.phase.kind !== 'task') return;
    const { execution } = live.state;
    const { token } = frame.phase.task;
    const state = this.#parts.contextOf(execution.definitionId).definition.states.get(frame.state);
    const resource = state?.Type === 'Task' ? parseResource(state.Resource) : undefined;
    if (!resource) return;
    this.#active += 1;
    const { arn: executionArn, machineArn, roleArn } = execution;
    const request = { resource, input: frame.payload, stateName: frame.state, attempt: token, isRepeated };
    void this.#parts
      .performTask({ ...request, executionArn, machineArn, roleArn })
      .then((outcome) => this.#enqueue(arn, { ...outcome, frame: frameId, token }))
      .finally(() => this.#leave());
  }

  #awaitChild(arn: string, effect: Extract<Effect, { kind: 'await-child' }>): void {
    const { childArn, frame, token } = effect;
    const waiter = { parent: arn, frame, token };
    this.#waiters.set(childArn, [...(this.#waiters.get(childArn) ?? []), waiter]);
    const child = this.#parts.store.execution(childArn);
    if (child && child.status !== 'RUNNING') this.#tellWaiters(child);
  }

  #tellWaiters(child: Execution): void {
    const waiters = this.#waiters.get(child.arn) ?? [];
    this.#waiters.delete(child.arn);
    for (const { parent, frame, token } of waiters) {
      const state = this.#live.get(parent)?.state;
      const name = state?.frames.get(frame)?.state;
      const task =
        name === undefined || !state
          ? undefined
          : this.#parts.contextOf(state.execution.definitionId).definition.states.get(name);
      const pattern = task?.Type === 'Task' ? parseResource(task.Resource)?.pattern : undefined;
      this.#enqueue(parent, { ...childOutcome(child, pattern === 'sync:2'), frame, token });
    }
  }

  #end(execution: Execution, live: Live): void {
    for (const cancel of live.timers.values()) cancel();
    live.timers.clear();
    this.#live.delete(execution.arn);
    for (const { done } of live.queue.splice(0)) done(false);
    this.#tellWaiters(execution);
    this.#publishNotices();
  }

  #publishNotices(): void {
    if (this.#isPublishing || this.#isStopped) return;
    this.#cancelPublish?.();
    this.#cancelPublish = undefined;
    this.#isPublishing = true;
    this.#active += 1;
    void this.#publishAll().finally(() => {
      this.#isPublishing = false;
      this.#leave();
    });
  }

  async #publishAll(): Promise<void> {
    for (let batch = this.#parts.store.notices(); batch.length > 0; batch = this.#parts.store.notices()) {
      for (const notice of batch) {
        const isPublished = await this.#parts.publish(notice.detail).then(
          () => true,
          () => false,
        );
        if (this.#isStopped) return;
        if (!isPublished) {
          this.#cancelPublish = this.#parts.clock.after(publishRetryMs, () => this.#publishNotices());
          return;
        }
        this.#parts.store.removeNotice(notice.id);
      }
    }
  }

  #leave(): void {
    this.#active -= 1;
    if (this.#active === 0) for (const idler of this.#idlers.splice(0)) idler();
  }

  /** Resolves when nothing is being done: what is left waits for a timer, a token or a caller. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idlers.push(resolve);
    });
  }

  /** Ends all timers and takes no more events; what is running goes on at the next {@link Engine.resume}. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelPublish?.();
    for (const live of this.#live.values()) {
      for (const cancel of live.timers.values()) cancel();
      live.timers.clear();
      for (const { done } of live.queue.splice(0)) done(false);
    }
  }
}
