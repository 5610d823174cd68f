import type { Clock } from '../contract.ts';

/** Waiting that ends early: when something happens, or for good when its owner stops. */
export interface Pacer {
  readonly isStopped: boolean;
  /** Resolves after `delayMs`, or at the next {@link wake}, or at once when stopped or woken since the last pause. */
  pause(delayMs: number): Promise<void>;
  wake(): void;
  stop(): void;
}

/** Creates the waiting of one loop. */
export function createPacer(clock: Clock): Pacer {
  const waiting = new Set<() => void>();
  let isStopped = false;
  let isWoken = false;
  const wake = (): void => {
    isWoken = waiting.size === 0;
    for (const resume of waiting) resume();
  };
  return {
    get isStopped() {
      return isStopped;
    },
    pause(delayMs) {
      if (isStopped || isWoken) {
        isWoken = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const resume = (): void => {
          waiting.delete(resume);
          cancel();
          resolve();
        };
        const cancel = clock.after(delayMs, resume);
        waiting.add(resume);
      });
    },
    wake,
    stop() {
      isStopped = true;
      wake();
    },
  };
}

/** Waits for `work`, but not longer than `graceMs`. Never rejects. */
export async function settleWithin(clock: Clock, graceMs: number, work: Promise<unknown>): Promise<void> {
  let cancel: () => void = () => undefined;
  const limit = new Promise<void>((resolve) => {
    cancel = clock.after(graceMs, resolve);
  });
  await Promise.race([
    work.then(
      () => undefined,
      () => undefined,
    ),
    limit,
  ]);
  cancel();
}
