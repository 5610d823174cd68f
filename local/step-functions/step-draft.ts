import { randomUUID } from 'node:crypto';
import type { Effect, Execution, Frame, HistoryEvent, Notice, Step } from './execution.ts';

/** What the reducer reads of an execution: itself, its live frames and the last numbers given out. */
export interface ExecutionState {
  readonly execution: Execution;
  readonly frames: ReadonlyMap<number, Frame>;
  readonly lastEventId: number;
  readonly lastFrameId: number;
}

/** A value whose JSON text is part of a history event, and AWS's flag beside it. */
const truncation = { truncated: false };

/** Collects what one event changes. The state it started from stays untouched. */
export class StepDraft {
  readonly now: number;
  execution: Execution;
  isAccepted = true;
  readonly #base: ExecutionState;
  readonly #frames = new Map<number, Frame | undefined>();
  readonly #history: HistoryEvent[] = [];
  readonly #openedTokens = new Map<string, number>();
  readonly #closedTokens: string[] = [];
  readonly #notices: Notice[] = [];
  readonly #effects: Effect[] = [];
  #lastFrameId: number;

  constructor(base: ExecutionState, now: number) {
    this.#base = base;
    this.now = now;
    this.execution = base.execution;
    this.#lastFrameId = base.lastFrameId;
  }

  /** The frame as it is now, or undefined when it never was or has ended. */
  frame(id: number): Frame | undefined {
    return this.#frames.has(id) ? this.#frames.get(id) : this.#base.frames.get(id);
  }

  /** All live frames below `parent`, in order of their index. */
  children(parent: number): Frame[] {
    const ids = new Set([...this.#base.frames.keys(), ...this.#frames.keys()]);
    const found: Frame[] = [];
    for (const id of ids) {
      const frame = this.frame(id);
      if (frame?.parent === parent) found.push(frame);
    }
    return found.toSorted((left, right) => left.index - right.index);
  }

  /** All live frames. */
  all(): Frame[] {
    const ids = new Set([...this.#base.frames.keys(), ...this.#frames.keys()]);
    return [...ids].flatMap((id) => this.frame(id) ?? []);
  }

  put(frame: Frame): Frame {
    this.#frames.set(frame.id, frame);
    return frame;
  }

  /** Ends a frame: its token is closed and the child execution it waits for is stopped. */
  drop(frame: Frame): void {
    this.releaseTask(frame, true);
    this.#frames.set(frame.id, undefined);
  }

  /** Ends every frame below `parent`. */
  dropChildren(parent: number): void {
    for (const child of this.children(parent)) {
      if (child.phase.kind === 'fork') this.dropChildren(child.id);
      this.drop(child);
    }
  }

  /** Closes the token of a frame's task attempt; `stopChild` also stops the execution it waits for. */
  releaseTask(frame: Frame, stopChild: boolean): void {
    if (frame.phase.kind !== 'task') return;
    const { token, childArn } = frame.phase.task;
    this.#closedTokens.push(token);
    if (stopChild && childArn !== undefined) {
      const cause = `The Task state in AWS Step Functions execution [${this.execution.arn}] which was managing this resource was aborted`;
      this.#effects.push({ kind: 'stop-child', childArn, cause });
    }
  }

  nextFrameId(): number {
    this.#lastFrameId += 1;
    return this.#lastFrameId;
  }

  openToken(token: string, frame: number): void {
    this.#openedTokens.set(token, frame);
  }

  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  notify(detail: Record<string, unknown>): void {
    this.#notices.push({ id: randomUUID(), detail });
  }

  /** Appends a history event and answers its id. */
  record(type: string, previousId: number, details: Readonly<Record<string, unknown>> = {}): number {
    const id = this.#base.lastEventId + this.#history.length + 1;
    this.#history.push({ id, at: this.now, type, previousId, details });
    return id;
  }

  /** Appends a history event to a frame's chain. */
  recordFor(frame: Frame, type: string, details: Readonly<Record<string, unknown>> = {}): Frame {
    const id = this.record(type, frame.lastEvent, details);
    return this.put({ ...frame, lastEvent: id });
  }

  /** Number of history events including those of this step. */
  eventCount(): number {
    return this.#base.lastEventId + this.#history.length;
  }

  finish(): Step {
    return {
      execution: this.execution,
      frames: this.#frames,
      history: this.#history,
      openedTokens: this.#openedTokens,
      closedTokens: this.#closedTokens,
      notices: this.#notices,
      effects: this.#effects,
      isAccepted: this.isAccepted,
    };
  }
}

/** A history field pair: the JSON text and its details. */
export function historyText(field: 'input' | 'output', json: string): Record<string, unknown> {
  return { [field]: json, [`${field}Details`]: truncation };
}
