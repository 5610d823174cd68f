import type { Clock } from './contract.ts';

/** Time limit of a single Node timer; longer waits are chained. @see https://nodejs.org/api/timers.html */
const maxTimerMs = 2 ** 31 - 1;

/** The wall clock. Its timers never keep the process alive. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, action) {
    let remainingMs = Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const stepMs = Math.min(remainingMs, maxTimerMs);
      remainingMs -= stepMs;
      timer = setTimeout(() => (remainingMs > 0 ? arm() : action()), stepMs);
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
