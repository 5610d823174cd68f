import type { Hours } from '../contract/approval-chain.ts';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const quarterMs = 15 * 60_000;
/** Weekdays repeat after a week; a day more for a change of the clocks. */
const quartersAhead = 8 * 24 * 4;

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** A formatter costs a thousand times what it formats, and a week has 672 quarters. */
const formatterOf = ({ timeZone }: Hours): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });

const isThere = (hours: Hours, formatter: Intl.DateTimeFormat, atMs: number): boolean => {
  const parts = formatter.formatToParts(atMs);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  if (!hours.weekdays.includes(days.indexOf(part('weekday')) + 1)) return false;
  const now = Number(part('hour')) * 60 + Number(part('minute'));
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  return from < to ? from <= now && now < to : now >= from || now < to;
};

/** Whether somebody with these hours is there at a time, by the wall clock and the weekday where they are. */
export const isOnDuty = (hours: Hours | undefined, atMs: number): boolean =>
  hours === undefined || isThere(hours, formatterOf(hours), atMs);

/** When somebody with these hours is there next: now, or at a quarter of an hour; `undefined` for hours that never come. */
export const nextDuty = (hours: Hours | undefined, atMs: number): number | undefined => {
  if (hours === undefined) return atMs;
  const formatter = formatterOf(hours);
  if (isThere(hours, formatter, atMs)) return atMs;
  const first = Math.floor(atMs / quarterMs) * quarterMs;
  for (let ahead = 1; ahead <= quartersAhead; ahead++)
    if (isThere(hours, formatter, first + ahead * quarterMs)) return first + ahead * quarterMs;
  return undefined;
};
