import type { Timers } from '#sdk/timers.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes when the test says so. */
export class ManualTimers implements Timers {
  #now = 1_800_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Delays of what is scheduled, shortest first. */
  get delays(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).toSorted((left, right) => left - right);
  }

  /** Lets time pass; everything due runs in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((left, right) => left.at - right.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }
}
