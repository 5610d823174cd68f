import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { rememberedPattern } from '#core/triggers/remembered-pattern.ts';
import { flattenEvent } from '#event-pattern/flatten-event.ts';
import { matchEvent } from '#event-pattern/match-event.ts';

const patternOf = (source: string) => ({ source: [source], detail: { n: [{ numeric: ['>', 1] }] } });
const eventOf = (source: string, n: number) => flattenEvent(JSON.stringify({ source, detail: { n } }));

describe('rememberedPattern', () => {
  it('compiles a pattern once, however often events come, and keeps what differs apart', () => {
    const first = rememberedPattern(patternOf('a'));
    expect(rememberedPattern(patternOf('a'))).toBe(first);
    expect(rememberedPattern(patternOf('b'))).not.toBe(first);
    expect(matchEvent(rememberedPattern(patternOf('a')), eventOf('a', 2))).toBe(true);
    expect(matchEvent(rememberedPattern(patternOf('a')), eventOf('a', 1))).toBe(false);
    expect(matchEvent(rememberedPattern(patternOf('b')), eventOf('a', 2))).toBe(false);
  });

  it('remembers so many, and means the same of those that it has forgotten', () => {
    const first = rememberedPattern(patternOf('first'));
    for (let index = 0; index < 2 * limits.triggersPerTenant; index++) rememberedPattern(patternOf(`s${index}`));
    const again = rememberedPattern(patternOf('first'));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});
