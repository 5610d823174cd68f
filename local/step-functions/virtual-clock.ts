import type { Clock } from '../contract.ts';

interface Alarm {
  readonly at: number;
  readonly sequence: number;
  readonly action: () => void;
}

/** A clock that stands still until it is told to jump to the next timer. */
export class VirtualClock implements Clock {
  #now: number;
  #sequence = 0;
  readonly #alarms = new Set<Alarm>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    this.#sequence += 1;
    const alarm: Alarm = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence, action };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Moves to the earliest timer and runs it; false when there is none. */
  jump(): boolean {
    const [next] = [...this.#alarms].toSorted((left, right) => left.at - right.at || left.sequence - right.sequence);
    if (!next) return false;
    this.#alarms.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.action();
    return true;
  }
}
