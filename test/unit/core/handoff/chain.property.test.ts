import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { whyNoFurther } from '#core/handoff/chain.ts';

const by = (...names: string[]) => names.map((from) => ({ from }));
const { handoffWindow, handoffPartners, handoffsPerTask } = limits;

describe('whyNoFurther', () => {
  it('lets a task be handed on among few as long as the window is not full', () => {
    expect(whyNoFurther(by('a', 'b', 'a', 'b', 'a', 'b', 'a'))).toBeUndefined();
    expect(whyNoFurther(by('a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'))).toMatchObject({ code: 'HANDOFF_LOOP' });
  });

  it('looks at the last ones only', () => {
    const early = ['a', 'b', 'a', 'b', 'a', 'b', 'a'];
    expect(whyNoFurther(by(...early, 'c', 'd', 'e'))).toBeUndefined();
    expect(whyNoFurther(by('x', 'y', 'z', ...early, 'c'))).toMatchObject({ code: 'HANDOFF_LOOP' });
  });

  it('finds a loop exactly where the last handoffs are among few, and a limit above the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 24 }), (names) => {
        const last = names.slice(-handoffWindow);
        const isLoop = names.length >= handoffWindow && new Set(last).size <= handoffPartners;
        const expected = names.length > handoffsPerTask ? 'HANDOFF_LIMIT' : isLoop ? 'HANDOFF_LOOP' : undefined;
        expect(whyNoFurther(by(...names))?.code).toBe(expected);
      }),
    );
  });
});
