import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginChain, nextInChain } from '#core/approvals/chain.ts';
import { isOnDuty, nextDuty } from '#core/approvals/duty.ts';
import { ApprovalChain } from '#core/contract/approval-chain.ts';

const at = (text: string): number => Date.parse(text);
const hoursOf = (fields: object) =>
  ApprovalChain.parse({ contacts: [{ name: 'x', answerWithinSeconds: 60, hours: fields }] }).contacts[0]?.hours;

describe('isOnDuty', () => {
  it.each([
    ['a Monday morning in Berlin, in winter', '2026-11-23T08:00:00Z', true],
    ['a minute before', '2026-11-23T07:59:00Z', false],
    ['the same hour of UTC in summer, an hour later there', '2026-07-20T15:00:00Z', false],
    ['the end', '2026-11-23T16:00:00Z', false],
    ['a Saturday', '2026-11-28T10:00:00Z', false],
  ])('by the wall clock there: %s', (_what, time, expected) => {
    expect(isOnDuty(hoursOf({ timeZone: 'Europe/Berlin' }), at(time))).toBe(expected);
  });

  it('through the night', () => {
    const night = hoursOf({ from: '22:00', to: '06:00', weekdays: [1, 2, 3, 4, 5, 6, 7] });
    expect([21, 22, 23, 0, 5, 6].map((hour) => isOnDuty(night, Date.UTC(2026, 10, 23, hour)))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});

describe('nextDuty', () => {
  it('is the first quarter of an hour at which they are there, whenever it is asked', () => {
    const hours = hoursOf({ timeZone: 'Asia/Kolkata', weekdays: [3], from: '09:15', to: '09:30' });
    fc.assert(
      fc.property(fc.integer({ min: at('2026-01-01'), max: at('2026-12-31') }), (now) => {
        const next = nextDuty(hours, now) ?? 0;
        expect(isOnDuty(hours, next)).toBe(true);
        expect(next - now).toBeLessThanOrEqual(7 * 24 * 3600_000);
        expect(next > now && isOnDuty(hours, next - 1)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});

const day = { hours: { from: '09:00', to: '17:00' } };
const chain = ApprovalChain.parse({
  contacts: [
    { name: 'ada', ...day, remindAfterSeconds: 600, answerWithinSeconds: 1800 },
    { name: 'ben', ...day, answerWithinSeconds: 1200 },
    { name: 'night-desk', hours: { from: '17:00', to: '09:00' }, answerWithinSeconds: 3600 },
  ],
});

describe('a chain', () => {
  it('asks, reminds, and goes on to the next who is there', () => {
    const noon = at('2026-11-23T12:00:00Z');
    const asked = beginChain(chain, noon);
    expect(asked).toMatchObject({ contact: 'ada', what: 'asked', nextAt: noon + 600_000 });
    const reminded = asked && nextInChain(chain, asked, noon + 600_000);
    expect(reminded).toMatchObject({ contact: 'ada', what: 'reminded', nextAt: noon + 1_800_000 });
    const second = reminded && nextInChain(chain, reminded, noon + 1_800_000);
    expect(second).toMatchObject({ contact: 'ben', what: 'asked', nextAt: noon + 3_000_000 });
    // The night desk is not there for hours: it is waited for, and then asked.
    const waiting = second && nextInChain(chain, second, noon + 3_000_000);
    expect(waiting).toMatchObject({ contact: 'night-desk', what: 'waiting', nextAt: at('2026-11-23T17:00:00Z') });
    const third = waiting && nextInChain(chain, waiting, waiting.nextAt);
    expect(third).toMatchObject({ contact: 'night-desk', what: 'asked' });
    expect(third && nextInChain(chain, third, third.nextAt)).toBeUndefined();
    expect(third?.history.map(({ contact, what }) => `${contact} ${what}`)).toEqual([
      'ada asked',
      'ada reminded',
      'ben asked',
      'night-desk waiting',
      'night-desk asked',
    ]);
  });

  it('passes over who is not there', () => {
    expect(beginChain(chain, at('2026-11-23T20:00:00Z'))).toMatchObject({ contact: 'night-desk', position: 2 });
  });

  it.each([
    ['a time zone that is none', { timeZone: 'Mars/Olympus' }],
    ['a time off the quarter', { from: '09:05' }],
    ['no weekday', { weekdays: [] }],
  ])('takes no %s', (_what, hours) => {
    expect(() => hoursOf(hours)).toThrow('hours');
  });

  it('takes no reminder after the answer is due', () => {
    const contact = { name: 'x', answerWithinSeconds: 60, remindAfterSeconds: 60 };
    expect(ApprovalChain.safeParse({ contacts: [contact] }).success).toBe(false);
  });
});
