import { assert, date, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRfc3339, parseTimestamp } from '#local/step-functions/timestamp.ts';

describe('parseTimestamp', () => {
  it('reads every timestamp that JavaScript writes', () => {
    const dates = date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    const reads = property(dates, (moment) => {
      expect(parseTimestamp(moment.toISOString())).toBe(moment.getTime());
    });
    assert(reads);
  });

  it('applies the offset', () => {
    expect(parseTimestamp('2016-12-05T21:29:29+01:30')).toBe(Date.parse('2016-12-05T19:59:29Z'));
  });

  it('never takes text without a T', () => {
    const refuses = property(string(), (text) => {
      expect(parseTimestamp(text.replaceAll('T', ''))).toBeUndefined();
    });
    assert(refuses);
  });

  it('reads a time without seconds, which RFC 3339 does not', () => {
    expect(parseTimestamp('2016-12-05T21:29Z')).toBe(Date.parse('2016-12-05T21:29:00Z'));
    expect(isRfc3339('2016-12-05T21:29Z')).toBe(false);
  });
});
