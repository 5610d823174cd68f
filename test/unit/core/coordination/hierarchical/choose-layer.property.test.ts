import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLayer } from '#core/coordination/hierarchical/choose-layer.ts';

describe('chooseLayer', () => {
  it('is the lowest that reaches up, else the highest, in whatever order they are listed', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 5 }), fc.nat(25), (tops, complexity) => {
        const layers = tops.map((upTo) => ({ name: `to-${upTo}`, upTo }));
        const reaching = tops.filter((upTo) => upTo >= complexity);
        const expected = reaching.length > 0 ? Math.min(...reaching) : Math.max(...tops);
        expect(chooseLayer(layers, complexity)?.upTo).toBe(expected);
      }),
    ));

  it('gives work of unknown complexity to the highest, and nothing where there are no layers', () => {
    const layers = [
      { name: 'director', upTo: 9 },
      { name: 'lead', upTo: 3 },
    ];
    expect(chooseLayer(layers, undefined)?.name).toBe('director');
    expect(chooseLayer([], 1)).toBeUndefined();
  });
});
