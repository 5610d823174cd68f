import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { canonicalJson, hashUuid, timeUuid } from '#core/common/hash-id.ts';
import { createSeededRandomness } from '#test/support/recording-ports.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('hashUuid', () => {
  it('is the same for the same parts and another for others, wherever the boundaries are', () => {
    const parts = fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (one, two) => {
        expect(hashUuid(...one)).toMatch(uuid);
        expect(hashUuid(...one) === hashUuid(...two)).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
    );
  });
});

describe('timeUuid', () => {
  it('sorts by time', () => {
    const random = createSeededRandomness(3);
    const time = fc.integer({ min: 0, max: 2 ** 47 });
    fc.assert(
      fc.property(time, time, (one, two) => {
        fc.pre(one < two);
        expect(timeUuid(one, random) < timeUuid(two, random)).toBe(true);
        expect(timeUuid(one, random)).toMatch(uuid);
      }),
    );
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of keys, and depends on everything else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 })), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(canonicalJson({ ...value, added: 1 })).not.toBe(canonicalJson({ ...value, added: 2 }));
      }),
    );
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });
});

describe('createEnvironmentCache', () => {
  it('forgets at the time it was told, and the oldest when full', () => {
    const cache = createEnvironmentCache(7, 2);
    cache.set('a', 1, 100);
    expect(cache.get('a', 99)).toBe(1);
    expect(cache.get('a', 100)).toBeUndefined();
    cache.set('b', 1, 100);
    cache.set('c', 2, 100);
    cache.set('d', 3, 100);
    expect([cache.get('b', 0), cache.get('c', 0), cache.get('d', 0)]).toEqual([undefined, 2, 3]);
    cache.forget('c');
    expect(cache.get('c', 0)).toBeUndefined();
  });

  it('counts turns up from where it began', () => {
    const cache = createEnvironmentCache(7);
    expect([cache.turn('a'), cache.turn('a')]).toEqual([7, 8]);
  });
});
