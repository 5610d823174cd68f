import { randomUUID } from 'node:crypto';
import {
  type AwsCall,
  AwsError,
  type Clock,
  type FunctionInvoker,
  type InvokeResult,
  type Running,
} from '../contract.ts';
import { type AsyncEvent, AsyncEventStore } from './async-event-store.ts';
import type { AsyncPolicy } from './function-definition.ts';
import { type AsyncOutcome, sendOutcome } from './send-outcome.ts';

/** Lambda's queue of asynchronous events. */
export interface AsyncInvocations extends Running {
  configure(policy: AsyncPolicy): void;
  /** Takes an event; it is on the disk when this returns. */
  accept(functionName: string, event: unknown): void;
  /** Takes up the events that a former process left. Call it when the functions are there. */
  restore(): void;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const defaults = { retryAttempts: 2, eventAgeSeconds: 21_600 } as const;
const pausesMs: readonly number[] = [60_000, 120_000];
const firstRefusalPauseMs = 1000;
const longestRefusalPauseMs = 300_000;

interface AsyncInvocationsOptions {
  readonly clock: Clock;
  readonly functions: FunctionInvoker;
  readonly call: AwsCall;
  readonly databasePath: string;
  readonly log: (line: string) => void;
}

/** Starts Lambda's queue of asynchronous events. */
export function createAsyncInvocations(options: AsyncInvocationsOptions): AsyncInvocations {
  return new EventQueue(options);
}

class EventQueue implements AsyncInvocations {
  readonly #options: AsyncInvocationsOptions;
  readonly #store: AsyncEventStore;
  readonly #policies = new Map<string, AsyncPolicy>();
  readonly #cancels = new Map<string, () => void>();
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: AsyncInvocationsOptions) {
    this.#options = options;
    this.#store = new AsyncEventStore(options.databasePath);
  }

  configure(policy: AsyncPolicy): void {
    this.#policies.set(policy.functionName, policy);
  }

  accept(functionNameOrArn: string, event: unknown): void {
    const functionName = functionNameOrArn.split(':function:').at(-1)?.split(':')[0] ?? functionNameOrArn;
    if (!this.#policies.has(functionName)) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${functionNameOrArn}`, 404);
    }
    const nowMs = this.#options.clock.now();
    const times = { acceptedMs: nowMs, dueAtMs: nowMs };
    const accepted = { id: randomUUID(), functionName, eventJson: JSON.stringify(event), failures: 0, refusals: 0 };
    this.#store.save({ ...accepted, ...times });
    this.#try({ ...accepted, ...times });
  }

  restore(): void {
    for (const event of this.#store.list()) {
      if (this.#policies.has(event.functionName)) this.#wait(event);
      else this.#store.remove(event.id);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    await Promise.all(this.#running);
    this.#store.close();
  }

  #wait(event: AsyncEvent): void {
    if (this.#isStopped) return;
    const delayMs = Math.max(0, event.dueAtMs - this.#options.clock.now());
    this.#cancels.set(
      event.id,
      this.#options.clock.after(delayMs, () => this.#try(event)),
    );
  }

  #try(event: AsyncEvent): void {
    this.#cancels.delete(event.id);
    const attempt = this.#attempt(event).finally(() => this.#running.delete(attempt));
    this.#running.add(attempt);
  }

  async #attempt(event: AsyncEvent): Promise<void> {
    const policy = this.#policies.get(event.functionName);
    if (policy === undefined) return;
    let result: InvokeResult;
    try {
      result = await this.#options.functions.invoke(policy.functionArn, JSON.parse(event.eventJson));
    } catch {
      // What stopped it here is not the function's fault, and a platform that stops keeps the event for the next.
      if (!this.#isStopped) await this.#refused(event, policy);
      return;
    }
    if (result.functionError === undefined) await this.#end(event, policy, { condition: 'Success', result });
    else if (!this.#isStopped) await this.#failed({ ...event, failures: event.failures + 1 }, policy, result);
  }

  async #refused(event: AsyncEvent, policy: AsyncPolicy): Promise<void> {
    const pauseMs = Math.min(longestRefusalPauseMs, firstRefusalPauseMs * 2 ** event.refusals);
    const postponed = { ...event, refusals: event.refusals + 1 };
    if (this.#isTooOld(event, policy, pauseMs)) await this.#end(postponed, policy, { condition: 'EventAgeExceeded' });
    else this.#postpone(postponed, pauseMs);
  }

  async #failed(event: AsyncEvent, policy: AsyncPolicy, result: InvokeResult): Promise<void> {
    const pauseMs = pausesMs[event.failures - 1] ?? 0;
    const isExhausted = event.failures > (policy.maximumRetryAttempts ?? defaults.retryAttempts);
    if (isExhausted) await this.#end(event, policy, { condition: 'RetriesExhausted', result });
    else if (this.#isTooOld(event, policy, pauseMs))
      await this.#end(event, policy, { condition: 'EventAgeExceeded', result });
    else this.#postpone(event, pauseMs);
  }

  #isTooOld(event: AsyncEvent, policy: AsyncPolicy, pauseMs: number): boolean {
    const ageMs = this.#options.clock.now() + pauseMs - event.acceptedMs;
    return ageMs > (policy.maximumEventAgeSeconds ?? defaults.eventAgeSeconds) * 1000;
  }

  #postpone(event: AsyncEvent, pauseMs: number): void {
    const postponed = { ...event, dueAtMs: this.#options.clock.now() + pauseMs };
    this.#store.save(postponed);
    this.#wait(postponed);
  }

  async #end(event: AsyncEvent, policy: AsyncPolicy, outcome: AsyncOutcome): Promise<void> {
    await sendOutcome(this.#options, event, policy, outcome);
    this.#store.remove(event.id);
  }
}
