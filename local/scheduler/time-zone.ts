import { AwsError } from '../contract.ts';

/** Local wall-clock time written as if it were UTC: `Date.UTC(2026, 2, 29, 2, 30)` is half past two on 29 March. */
export type WallClockMs = number;

/** An IANA time zone with its daylight saving changes. */
export interface TimeZone {
  readonly name: string;
  toWallClock(epochMs: number): WallClockMs;
  /** The first moment at which the clocks show this time; undefined when they skip it. */
  toEpoch(wallClockMs: WallClockMs): number | undefined;
}

const dayMs = 86_400_000;

function createFormat(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new AwsError('ValidationException', `The provided ScheduleExpressionTimezone is invalid: ${name}`);
  }
}

/** @throws AwsError `ValidationException` for a name that is not an IANA time zone */
export function createTimeZone(name: string): TimeZone {
  const format = createFormat(name);
  const toWallClock = (epochMs: number): WallClockMs => {
    const parts = new Map(format.formatToParts(epochMs).map((part) => [part.type, Number(part.value)]));
    const read = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
  };
  const offsetAt = (epochMs: number): number => toWallClock(epochMs) - Math.floor(epochMs / 1000) * 1000;
  const toEpoch = (wallClockMs: WallClockMs): number | undefined => {
    // Clocks change at most once in two days, so the offsets a day before and after are the only candidates.
    const candidates = [offsetAt(wallClockMs - dayMs), offsetAt(wallClockMs + dayMs)]
      .map((offsetMs) => wallClockMs - offsetMs)
      .filter((epochMs) => toWallClock(epochMs) === wallClockMs);
    return candidates.length === 0 ? undefined : Math.min(...candidates);
  };
  return { name, toWallClock, toEpoch };
}
