/** One thing that will happen. `order` breaks ties, so equal times keep the order in which they were asked for. */
interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Virtual time. Everything that happens is an event; between two events all promises that can settle do, so a run is a
 * function of what the events decide and nothing else.
 */
export interface Scheduler {
  now(): number;
  /** Runs something after a virtual delay. */
  after(delayMs: number, run: () => void): void;
  /** Goes on until virtual time `untilMs`, the end of the events, or `stop`. */
  run(untilMs: number, stop: () => boolean): Promise<void>;
  steps(): number;
}

const isBefore = (left: Event, right: Event): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

class Heap {
  private readonly events: Event[] = [];

  get first(): Event | undefined {
    return this.events[0];
  }

  push(event: Event): void {
    let index = this.events.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  pop(): Event | undefined {
    const [first] = this.events;
    const last = this.events.pop();
    if (last === undefined || this.events.length === 0) return first;
    this.events[0] = last;
    this.sink();
    return first;
  }

  private sink(): void {
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const child = this.isBeforeAt(right, left) ? right : left;
      if (child >= this.events.length || !this.swapIfBefore(child, index)) return;
      index = child;
    }
  }

  private isBeforeAt(left: number, right: number): boolean {
    const [one, other] = [this.events[left], this.events[right]];
    return one !== undefined && other !== undefined && isBefore(one, other);
  }

  private swapIfBefore(lower: number, upper: number): boolean {
    const [one, other] = [this.events[lower], this.events[upper]];
    if (one === undefined || other === undefined || !isBefore(one, other)) return false;
    this.events[lower] = other;
    this.events[upper] = one;
    return true;
  }
}

/** Lets every promise settle that can: macrotasks run only when no microtask is left. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createScheduler = (startMs: number): Scheduler => {
  const heap = new Heap();
  let now = startMs;
  let order = 0;
  let steps = 0;
  return {
    now: () => now,
    steps: () => steps,
    after: (delayMs, run) => heap.push({ at: now + Math.max(0, delayMs), order: order++, run }),
    run: async (untilMs, stop) => {
      for (;;) {
        const next = heap.first;
        if (next === undefined || next.at > untilMs || stop()) break;
        heap.pop();
        now = next.at;
        steps += 1;
        next.run();
        await settled();
      }
      if (!stop()) now = Math.max(now, untilMs);
    },
  };
};
