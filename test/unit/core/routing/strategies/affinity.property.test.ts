import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Affinity, Comparator, Requirements } from '#core/contract/task.ts';
import { affinityWeight, isSatisfied } from '#core/routing/affinity.ts';
import { whyNotFit } from '#core/routing/candidate.ts';
import { rank } from '#core/routing/rank.ts';
import { requirementSignature } from '#core/routing/signature.ts';
import { createCandidate, requestOf } from './fleet.ts';

const labels = fc.dictionary(fc.constantFrom('gpu', 'rack', 'zone'), fc.integer({ min: 0, max: 3 }));
const affinity = fc.record({
  label: fc.constantFrom('gpu', 'rack', 'zone'),
  comparator: fc.constantFrom(...Comparator.options),
  value: fc.integer({ min: 0, max: 3 }),
  required: fc.boolean(),
  weight: fc.integer({ min: 1, max: 1000 }),
});
const requirements = fc
  .array(affinity, { maxLength: 5 })
  .map((list) => Requirements.parse({ capabilities: [], affinity: list }));
const withLabels = (list: readonly Record<string, number>[]) =>
  list.map((own, n) => createCandidate({ name: `a${n}`, labels: own, priority: n }));

const sign = (required: Requirements): string => requirementSignature({ requirements: required });

describe('isSatisfied', () => {
  const holds = (comparator: Comparator, own: string | number | undefined, value: string | number) =>
    isSatisfied(Affinity.parse({ label: 'x', comparator, value }), own === undefined ? {} : { x: own });

  it.each([
    ['EQUAL', 'eu', 'eu', true],
    ['EQUAL', 1, '1', false],
    ['EQUAL', undefined, 'eu', false],
    ['NOT_EQUAL', 'us', 'eu', true],
    ['NOT_EQUAL', undefined, 'eu', true],
    ['NOT_EQUAL', 'eu', 'eu', false],
    ['GT', 3, 2, true],
    ['GT', 2, 2, false],
    ['GTE', 2, 2, true],
    ['GTE', 1, 2, false],
    ['LT', 1, 2, true],
    ['LT', 2, 2, false],
    ['LTE', 2, 2, true],
    ['LTE', 3, 2, false],
    ['GT', '3', 2, false],
    ['LT', undefined, 2, false],
  ] as const)('%s of label %o and value %o is %o', (comparator, own, value, expected) =>
    expect(holds(comparator, own, value)).toBe(expected),
  );
});

describe('affinity', () => {
  it('has defaults, and compares the order of numbers only', () => {
    expect(Affinity.parse({ label: 'zone', value: 'eu' })).toEqual({
      label: 'zone',
      comparator: 'EQUAL',
      value: 'eu',
      required: false,
      weight: 100,
    });
    expect(Affinity.safeParse({ label: 'zone', comparator: 'GT', value: 'eu' }).success).toBe(false);
  });

  it('rules out an agent exactly when a required one does not hold', () =>
    fc.assert(
      fc.property(requirements, labels, (wanted, own) => {
        const { agent } = createCandidate({ name: 'a', labels: own });
        const isUnfit = (wanted.affinity ?? []).some((one) => one.required && !isSatisfied(one, own));
        expect(whyNotFit({ requirements: wanted }, agent)).toBe(isUnfit ? 'label_mismatch' : undefined);
      }),
    ));

  it('orders before every strategy, by the sum of the preferred weights, and leaves equals to the strategy', () =>
    fc.assert(
      fc.property(requirements, fc.array(labels, { minLength: 1, maxLength: 6 }), (wanted, all) => {
        const { task } = requestOf([]);
        const request = requestOf(withLabels(all), { task: { ...task, requirements: wanted } });
        const { ranked } = rank('least_loaded', request);
        const keys = ranked.map(
          ({ candidate, score }) => [affinityWeight(wanted, candidate.agent.labels), score] as const,
        );
        expect(keys).toEqual(keys.toSorted(([a, x], [b, y]) => b - a || y - x));
        const hasPreferred = wanted.affinity?.some(({ required }) => !required) === true;
        expect(ranked.map(({ terms }) => terms['affinity'])).toEqual(
          keys.map(([weight]) => (hasPreferred ? weight : undefined)),
        );
      }),
    ));

  it('gives its backlog a name by what is required alone, in any order', () =>
    fc.assert(
      fc.property(requirements, fc.nat(), (wanted, seed) => {
        const all = wanted.affinity ?? [];
        const hard = { ...wanted, affinity: all.filter(({ required }) => required).toReversed() };
        const reweighed = { ...wanted, affinity: all.map((one) => ({ ...one, weight: 1 + (seed % 1000) })) };
        expect(sign(hard)).toBe(sign(wanted));
        expect(sign(reweighed)).toBe(sign(wanted));
      }),
    ));

  it('tells backlogs apart by each part of what is required', () => {
    const one = { label: 'gpu', comparator: 'GTE', value: 2, required: true };
    const all = [one, { ...one, label: 'cpu' }, { ...one, comparator: 'GT' }, { ...one, value: 3 }];
    const names = all.map((only) => sign(Requirements.parse({ affinity: [only] })));
    expect(new Set([...names, sign(Requirements.parse({}))]).size).toBe(5);
  });
});
