import type { Meter } from '../contract.ts';

/** A meter that adds up what it is told. */
export interface TotalMeter extends Meter {
  /** What has been counted since the start, by unit. */
  totals(): Readonly<Record<string, number>>;
}

/** A meter at zero. */
export function createMeter(): TotalMeter {
  const totals = new Map<string, number>();
  return {
    count: (unit, amount) => void totals.set(unit, (totals.get(unit) ?? 0) + amount),
    totals: () => Object.fromEntries([...totals].toSorted(([left], [right]) => (left < right ? -1 : 1))),
  };
}
