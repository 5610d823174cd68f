import type { Clock } from '../../../../local/contract.ts';

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  private nowMs: number;
  private timers: Timer[] = [];

  constructor(start: string = '2026-01-01T00:00:00Z') {
    this.nowMs = Date.parse(start);
  }

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, running what falls due in order and letting promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.nowMs + durationMs;
    await settle();
    for (let timer = this.takeDue(endMs); timer !== undefined; timer = this.takeDue(endMs)) {
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      timer.action();
      await settle();
    }
    this.nowMs = endMs;
  }

  private takeDue(endMs: number): Timer | undefined {
    const due = this.timers.filter((timer) => timer.atMs <= endMs).toSorted((left, right) => left.atMs - right.atMs)[0];
    this.timers = this.timers.filter((timer) => timer !== due);
    return due;
  }
}

/** Promise chains in the tests are a few steps long. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
