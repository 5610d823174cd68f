import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slots } from '#core/agents/agent.ts';
import {
  answersOf,
  durationBounds,
  durationsOf,
  historyOf,
  historyTypes,
  type Outcome,
  outcomeChanges,
  rememberedTypes,
} from '#core/agents/history.ts';
import { releaseAndClaim } from '#core/agents/slots.ts';
import { keys } from '#core/contract/keys.ts';
import { itemBytes } from '#test/support/item-size.ts';
import { after, claimIdOf, createCandidate, finish, nowMs, observe, take, taskIdOf } from './fleet.ts';
import { movingAverage } from './simulate.ts';

const outcome: fc.Arbitrary<Outcome> = fc.record(
  {
    type: fc.constantFrom('parse', 'write'),
    succeeded: fc.boolean(),
    workMs: fc.integer({ min: 0, max: 1e7 }),
    costUsd: fc.double({ min: 0, max: 100, noNaN: true }),
    answerMs: fc.integer({ min: 0, max: 1e6 }),
  },
  { requiredKeys: ['type', 'succeeded', 'workMs'] },
);
const fresh = (): Slots => createCandidate({ name: 'a' }).slots;
/** Equal but for what six digits leave out of each step; unknown only when nothing was seen. */
const isClose = (stored: number | undefined, exact: number | undefined): boolean =>
  stored === undefined || exact === undefined
    ? stored === exact
    : Math.abs(stored - exact) <= 1e-3 * Math.max(0.1, Math.abs(exact));
const parsed = (n: number, succeeded = true): Outcome => ({ type: `type-${n}`, succeeded, workMs: 1000 });

describe('outcomeChanges', () => {
  it('counts exactly, and keeps moving averages of success and duration', () =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), (outcomes) => {
        const slots = outcomes.reduce(observe, fresh());
        for (const type of ['parse', 'write']) {
          const own = outcomes.filter((one) => one.type === type);
          const good = own.filter(({ succeeded }) => succeeded);
          const history = historyOf(slots, type);
          expect(history).toMatchObject({ count: own.length, succeeded: good.length });
          const rate = movingAverage(
            own.map(({ succeeded }) => (succeeded ? 1 : 0)),
            0.05,
          );
          const ms = movingAverage(
            good.map(({ workMs }) => workMs),
            0.1,
          );
          expect(isClose(history.successRate, rate)).toBe(true);
          expect(isClose(history.durationMs, ms)).toBe(true);
        }
      }),
    ));

  it('counts each duration in the bucket that it belongs to, and adds all up', () =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), (outcomes) => {
        const slots = outcomes.reduce(observe, fresh());
        for (const type of ['parse', 'write']) {
          const times = outcomes.filter((one) => one.type === type).map(({ workMs }) => workMs);
          const { totalMs, buckets } = durationsOf(slots, type);
          expect(totalMs).toBe(times.reduce((sum, ms) => sum + ms, 0));
          const upTo = [...durationBounds, Infinity].map((bound) => times.filter((ms) => ms <= bound).length);
          expect(buckets.map((_count, index) => buckets.slice(0, index + 1).reduce((sum, n) => sum + n, 0))).toEqual(
            upTo,
          );
        }
        const answers = outcomes.flatMap(({ answerMs }) => answerMs ?? []);
        expect(answersOf(slots)).toEqual({ count: answers.length, totalMs: answers.reduce((sum, ms) => sum + ms, 0) });
      }),
    ));

  it('keeps the average cost between the least and the greatest one reported', () =>
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 40 }), (outcomes) => {
        const costs = outcomes.map(({ costUsd }) => costUsd).filter((cost) => cost !== undefined);
        const { costUsd } = historyOf(
          outcomes.map((one) => ({ ...one, type: 'parse' })).reduce(observe, fresh()),
          'parse',
        );
        expect(costUsd === undefined).toBe(costs.length === 0);
        expect(costUsd ?? Infinity).toBeGreaterThanOrEqual(Math.min(...costs) * 0.999);
        expect(costUsd ?? -Infinity).toBeLessThanOrEqual(Math.max(...costs) * 1.001);
      }),
    ));

  it('loses no count when outcomes were all computed from the same read, and moves an average by one of them', () =>
    fc.assert(
      fc.property(
        fc.array(outcome, { maxLength: 8 }),
        fc.array(outcome, { minLength: 2, maxLength: 5 }),
        (old, now) => {
          const before = old.reduce(observe, fresh());
          const key = keys.slots(before.tenant, before.agentId);
          const slots = now.reduce(
            (latest, one) => after(latest, { key, ...outcomeChanges(one, before), clauses: {} }),
            before,
          );
          for (const type of ['parse', 'write']) {
            const all = [...old, ...now].filter((one) => one.type === type);
            expect(historyOf(slots, type).count).toBe(all.length);
            expect(historyOf(slots, type).succeeded).toBe(all.filter(({ succeeded }) => succeeded).length);
            const last = now.findLast((one) => one.type === type);
            const only = last === undefined ? before : observe(before, last);
            expect(historyOf(slots, type).successRate).toBe(historyOf(only, type).successRate);
          }
        },
      ),
    ));

  it('rides in the release, and in the release that claims the next task', () => {
    const held = take(fresh(), 't1', { type: 'type-1', at: nowMs });
    expect(historyOf(finish(held, 't1', parsed(1)), 'type-1')).toMatchObject({
      count: 1,
      successRate: 1,
      durationMs: 1000,
    });

    const claim = {
      tenant: held.tenant,
      agentId: held.agentId,
      taskId: taskIdOf('t1'),
      claim: claimIdOf('t1'),
      cost: 1,
    };
    const next = { attempt: 1, claim: claimIdOf('t2'), cost: 1, deadline: nowMs, at: nowMs, type: 'type-1' };
    const slots = after(held, releaseAndClaim(claim, held, { taskId: taskIdOf('t2'), entry: next }, parsed(1, false)));
    expect(Object.keys(slots.assigned)).toEqual([taskIdOf('t2')]);
    expect(historyOf(slots, 'type-1')).toEqual({
      count: 1,
      succeeded: 0,
      successRate: 0,
      durationMs: undefined,
      costUsd: undefined,
    });
  });

  it('forgets the type not seen for longest when there are more than it remembers', () => {
    const all = Array.from({ length: rememberedTypes }, (_, n) => parsed(n)).reduce(observe, fresh());
    const busy = take(observe(all, parsed(0)), 't1', { type: 'any', at: nowMs });
    const slots = finish(busy, 't1', parsed(rememberedTypes));
    expect(historyTypes(slots)).toHaveLength(rememberedTypes);
    expect(historyOf(slots, 'type-0').count).toBe(2);
    expect(historyOf(slots, 'type-1')).toMatchObject({ count: 0, successRate: undefined });
    expect(Object.keys(slots).filter((name) => name.endsWith(':type-1'))).toEqual([]);
    expect(historyOf(slots, `type-${rememberedTypes}`).count).toBe(1);
  });

  it('never remembers more types than that', () =>
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 120 }), (types) => {
        const slots = types.map((n) => parsed(n)).reduce(observe, fresh());
        const recent = [...new Set(types.toReversed())].slice(0, rememberedTypes).map((n) => `type-${n}`);
        expect(historyTypes(slots).toSorted()).toEqual(recent.toSorted());
      }),
      { numRuns: 30 },
    ));

  it('takes about 125 bytes of the item for a type of task with a name of ten letters', () => {
    const many = Array.from({ length: 500 }, (_, n) => ({
      type: 'abcdefghij',
      succeeded: n % 7 > 0,
      workMs: 61_234 + 97 * n,
      costUsd: 0.0123 + n / 1e5,
    }));
    expect(itemBytes(many.reduce(observe, fresh())) - itemBytes(fresh())).toBeLessThanOrEqual(130);
  });
});
