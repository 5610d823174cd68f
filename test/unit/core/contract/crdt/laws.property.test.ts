import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gCounterValue, growCounter, mergeGCounters } from '#core/contract/crdt/counters.ts';
import { deltaBetween, deltaSince, receiveDelta } from '#core/contract/crdt/delta.ts';
import {
  applyOp,
  baseReplica,
  foldReplicas,
  mergeParts,
  mergeStates,
  newPart,
  type Part,
  type PartOp,
  valuesOf,
} from '#core/contract/crdt/part.ts';
import {
  compareClocks,
  covers,
  mergeClocks,
  noClock,
  seenOf,
  stamped,
  tick,
  type VectorClock,
} from '#core/contract/crdt/vector-clock.ts';
import { kinds, play, steps } from './replicas.ts';

const valueOf = (part: Part) => valuesOf({ [`${part.kind}:n`]: part });

const three = (
  kind: (typeof kinds)[number],
  history: readonly (readonly Part[])[],
  picks: readonly number[],
): readonly [Part, Part, Part] => {
  const pick = (index: number): Part => history[(picks[index] ?? 0) % history.length]?.[index] ?? newPart(kind, 1);
  return [pick(0), pick(1), pick(2)];
};

const hasElement = (part: Part, value: string): boolean => valueOf(part).sets['n']?.includes(value) === true;

const picks = fc.tuple(fc.nat(), fc.nat(), fc.nat());

describe.each(kinds)('a %s', (kind) => {
  it('merges the same in any order, however often', () => {
    fc.assert(
      fc.property(steps(kind), picks, (done, at) => {
        const [a, b, c] = three(kind, play(kind, done), at);
        expect(mergeParts(a, b)).toEqual(mergeParts(b, a));
        expect(mergeParts(mergeParts(a, b), c)).toEqual(mergeParts(a, mergeParts(b, c)));
        expect(mergeParts(a, a)).toEqual(a);
        expect(mergeParts(mergeParts(a, b), b)).toEqual(mergeParts(a, b));
      }),
    );
  });

  it('only grows: a change and a merge have seen all that was before', () => {
    fc.assert(
      fc.property(steps(kind), (done) => {
        const history = play(kind, done);
        for (const [index, parts] of history.slice(1).entries())
          for (const [replica, part] of parts.entries()) {
            const before = history[index]?.[replica] ?? part;
            expect(covers(part.clock, before.clock)).toBe(true);
            expect(mergeParts(part, before)).toEqual(part);
          }
      }),
    );
  });

  it('is the same by what is news as by merging the whole', () => {
    fc.assert(
      fc.property(steps(kind), picks, (done, at) => {
        const [a, b] = three(kind, play(kind, done), at);
        const news = deltaSince(b, a);
        const received = news === undefined ? { part: a, isBehind: false } : receiveDelta(a, news);
        expect(received.isBehind).toBe(false);
        expect(valueOf(received.part ?? a)).toEqual(valueOf(mergeParts(a, b)));
        expect(received.part?.clock).toEqual(mergeParts(a, b).clock);
        expect(deltaSince(b, mergeParts(a, b))).toBeUndefined();
      }),
    );
  });

  it('follows one writer by its changes alone, sent twice and kept for later', () => {
    fc.assert(
      fc.property(steps(kind), fc.array(fc.nat({ max: 3 }), { maxLength: 60 }), (done, order) => {
        const history = play(kind, done).map((parts) => parts[0] ?? newPart(kind, 1));
        const changes = history.slice(1).map((part, index) => deltaBetween(history[index] ?? part, part));
        let follower: Part | undefined = newPart(kind, 1);
        // What comes again, or late, is old news; what comes too early says so and changes nothing.
        for (const [index, change] of changes.entries())
          for (const late of [index - (order[index] ?? 0), index + (order[index] ?? 0), index]) {
            const sent = changes[late] ?? change;
            const received = receiveDelta(follower, sent);
            expect(received.isBehind ? received.part : follower).toEqual(follower);
            follower = received.part;
          }
        const last = history.at(-1) ?? newPart(kind, 1);
        expect(valueOf(follower ?? newPart(kind, 1))).toEqual(valueOf(last));
      }),
    );
  });

  it('has the same values after replicas are folded, which no longer take room', () => {
    fc.assert(
      fc.property(steps(kind), (done) => {
        const all = (play(kind, done).at(-1) ?? []).reduce(mergeParts, newPart(kind, 1));
        const folded = foldReplicas(all, ['r0', 'r1'], 2);
        expect(valueOf(folded)).toEqual(valueOf(all));
        expect(JSON.stringify(folded)).not.toMatch(/"r0"|"r1"/);
        // Whoever has the old era takes the new one, and is not led back.
        expect(receiveDelta(all, deltaSince(folded, all) ?? all).part).toEqual(folded);
        expect(mergeParts(all, folded)).toEqual(folded);
      }),
    );
  });
});

describe('a set', () => {
  const apply = (part: Part, replica: string, op: PartOp) => applyOp(part, { replica, by: replica }, op);
  const empty = newPart('set', 1);

  it('keeps what was added at the same time as it was removed', () => {
    const both = apply(empty, 'r0', { op: 'addToSet', value: 'x' });
    const removed = apply(both, 'r1', { op: 'removeFromSet', value: 'x' });
    const added = apply(both, 'r0', { op: 'addToSet', value: 'x' });
    expect(hasElement(removed, 'x')).toBe(false);
    expect(hasElement(mergeParts(removed, added), 'x')).toBe(true);
  });

  it('removes only what the sender had seen', () => {
    const seen = apply(empty, 'r0', { op: 'addToSet', value: 'x' });
    const again = apply(seen, 'r1', { op: 'addToSet', value: 'x' });
    const late = apply(again, 'r2', { op: 'removeFromSet', value: 'x', seen: seen.clock, era: 1 });
    expect(hasElement(late, 'x')).toBe(true);
    expect(hasElement(apply(again, 'r2', { op: 'removeFromSet', value: 'x', seen: again.clock, era: 1 }), 'x')).toBe(
      false,
    );
  });

  it('removes what the sender had seen before it was folded', () => {
    const seen = apply(empty, 'r0', { op: 'addToSet', value: 'x' });
    const folded = foldReplicas(seen, ['r0'], 2);
    const removed = apply(folded, 'r2', { op: 'removeFromSet', value: 'x', seen: seen.clock, era: 1 });
    expect(hasElement(removed, 'x')).toBe(false);
  });

  it('knows elements by their value, whatever the order of their fields', () => {
    const one = apply(empty, 'r0', { op: 'addToSet', value: { a: 1, b: [2] } });
    const again = apply(one, 'r1', { op: 'addToSet', value: { b: [2], a: 1 } });
    expect(valueOf(again).sets).toEqual({ n: [{ a: 1, b: [2] }] });
  });

  it('keeps nothing of what was removed but how many operations there were', () => {
    let part: Part = empty;
    for (let round = 0; round < 1000; round++) {
      part = apply(part, `r${round % 3}`, { op: 'addToSet', value: round });
      part = apply(part, `r${round % 3}`, { op: 'removeFromSet', value: round });
    }
    expect(JSON.stringify(part).length).toBeLessThan(200);
  });
});

describe('a map', () => {
  it('has what was set last: by time, then by agent', () => {
    const set = (by: string, at: number, value: string) =>
      applyOp(newPart('map', 1), { replica: by, by }, { op: 'setMap', key: 'k', value, at });
    const values = (a: Part, b: Part) => mergeStates({ 'map:n': a }, { 'map:n': b }).maps['n'];
    expect(values(set('agt_b', 1, 'early'), set('agt_a', 2, 'late'))).toEqual({ k: 'late' });
    expect(values(set('agt_b', 2, 'b'), set('agt_a', 2, 'a'))).toEqual({ k: 'b' });
  });
});

describe('states', () => {
  it('merge into counters, sets and maps', () => {
    const by = { replica: 'r', by: 'agt' };
    const a = {
      'counter:n': applyOp(newPart('counter', 1), by, { op: 'increment', by: 3 }),
      'set:n': applyOp(newPart('set', 1), by, { op: 'addToSet', value: 'x' }),
    };
    const b = {
      'counter:n': applyOp(newPart('counter', 1), { replica: 's', by: 'agt' }, { op: 'increment', by: -1 }),
      'map:n': applyOp(newPart('map', 1), by, { op: 'setMap', key: 'k', value: null, at: 1 }),
    };
    expect(mergeStates(a, b)).toEqual({ counters: { n: 2 }, sets: { n: ['x'] }, maps: { n: { k: null } } });
    expect(mergeStates(b, a)).toEqual(mergeStates(a, b));
  });
});

describe('a counter that only grows', () => {
  it('counts what each replica added once, and takes nothing away', () => {
    const one = growCounter(growCounter({}, 'a', 2), 'b', 3);
    expect(gCounterValue(mergeGCounters(one, growCounter(one, 'a', 1)))).toBe(6);
    expect(() => growCounter(one, 'a', -1)).toThrow(RangeError);
    expect(() => growCounter({ a: Number.MAX_SAFE_INTEGER }, 'a', 1)).toThrow(RangeError);
  });
});

describe('a vector clock', () => {
  const clocks = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 3 }), { noNullPrototype: true });

  it('orders what has seen the other, and calls the rest concurrent', () => {
    expect(compareClocks({}, { a: 1 })).toBe('before');
    expect(compareClocks({ a: 2, b: 1 }, { a: 1, b: 1 })).toBe('after');
    expect(compareClocks({ a: 1, b: 0 }, { a: 1 })).toBe('equal');
    expect(compareClocks({ a: 1 }, { b: 1 })).toBe('concurrent');
  });

  it('is a lattice whose order agrees with its merge', () => {
    fc.assert(
      fc.property(clocks, clocks, clocks, (a, b, c) => {
        const merge = (x: VectorClock, y: VectorClock) => mergeClocks(x, y);
        expect(compareClocks(merge(a, b), merge(b, a))).toBe('equal');
        expect(compareClocks(merge(merge(a, b), c), merge(a, merge(b, c)))).toBe('equal');
        expect(compareClocks(merge(a, a), a)).toBe('equal');
        expect(covers(merge(a, b), a)).toBe(true);
        const opposite = { before: 'after', after: 'before', equal: 'equal', concurrent: 'concurrent' } as const;
        expect(compareClocks(b, a)).toBe(opposite[compareClocks(a, b)]);
        expect(compareClocks(a, tick(a, 'a'))).toBe('before');
      }),
    );
  });

  it('stamps an event with a copy', () => {
    const clock: Record<string, number> = { a: 1 };
    const event = stamped('happened', clock);
    clock['a'] = 2;
    expect(event).toEqual({ event: 'happened', clock: { a: 1 } });
  });

  it('knows nothing of replicas that have done nothing, whatever they are called', () => {
    expect(seenOf(noClock, 'constructor')).toBe(0);
  });

  it('is merged when one follows the other, and not only when they are concurrent', () => {
    // The documents' own merge looked at concurrent states alone, and so dropped what simply came next.
    const first = applyOp(newPart('counter', 1), { replica: 'a', by: 'a' }, { op: 'increment', by: 1 });
    const next = applyOp(first, { replica: 'a', by: 'a' }, { op: 'increment', by: 1 });
    expect(compareClocks(first.clock, next.clock)).toBe('before');
    expect(mergeParts(first, next)).toEqual(next);
    expect(mergeParts(next, first)).toEqual(next);
  });

  it('never meets the replica that has what was folded', () => {
    expect(baseReplica).toBe('0');
  });
});
