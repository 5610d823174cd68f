/** Time as the SDK sees it; tests give their own. */
export interface Timers {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs something once, later; the answer calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** The process's own clock. */
export const realTimers: Timers = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after a delay, or as soon as the signal aborts. */
export const pause = (timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const finish = (): void => {
      signal?.removeEventListener('abort', finish);
      callOff();
      resolve();
    };
    const callOff = timers.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
    return undefined;
  });
