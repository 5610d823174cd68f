import type { Clock } from '../contract.ts';

export interface ScheduleTimer {
  /** Whether no occurrence is left. */
  hasEnded(): boolean;
  stop(): void;
}

export interface ScheduleTimerOptions {
  readonly clock: Clock;
  /** The occurrence that follows a moment; undefined ends the schedule. */
  readonly next: (afterMs: number) => number | undefined;
  readonly fire: (scheduledMs: number) => void;
  /** @default now */
  readonly startAfterMs?: number;
}

/** Fires at each occurrence. Occurrences that went by while the process was away or suspended are not made up for. */
export function startScheduleTimer(options: ScheduleTimerOptions): ScheduleTimer {
  const { clock, next, fire } = options;
  let cancel = (): void => {};
  let isOver = false;
  const arm = (afterMs: number): void => {
    const scheduledMs = next(afterMs);
    isOver = scheduledMs === undefined;
    if (scheduledMs === undefined) return;
    cancel = clock.after(Math.max(0, scheduledMs - clock.now()), () => {
      arm(Math.max(scheduledMs, clock.now()));
      fire(scheduledMs);
    });
  };
  arm(options.startAfterMs ?? clock.now());
  return { hasEnded: () => isOver, stop: () => cancel() };
}
