import { describe, expect, it } from 'vitest';
import type { Completion } from '#core/contract/definitions/step.ts';
import { decide } from '#core/coordination/completion.ts';

const rules: readonly Completion[] = ['all', 'any', 'majority', ...[1, 2, 3, 5, 9].map((threshold) => ({ threshold }))];

/** The rule in words, for what is known when everything has ended. */
const holds = (rule: Completion, total: number, succeeded: number): boolean => {
  if (total === 0) return true;
  if (rule === 'all') return succeeded === total;
  if (rule === 'any') return succeeded > 0;
  if (rule === 'majority') return succeeded > total / 2;
  return succeeded >= rule.threshold;
};

/** Every state that a stage of up to seven tasks can be in. */
const states = Array.from({ length: 8 }, (_, total) => total).flatMap((total) =>
  Array.from({ length: total + 1 }, (_, succeeded) => succeeded).flatMap((succeeded) =>
    Array.from({ length: total - succeeded + 1 }, (_unused, failed) => ({
      total,
      succeeded,
      failed,
      open: total - succeeded - failed,
    })),
  ),
);

describe('decide', () => {
  for (const rule of rules) {
    const name = JSON.stringify(rule);

    it(`decides ${name} exactly when no further end can change it`, () => {
      for (const state of states) {
        const { total, succeeded, open } = state;
        const possible = Array.from({ length: open + 1 }, (_, more) => holds(rule, total, succeeded + more));
        const certain = possible.every(Boolean) ? 'SUCCEEDED' : possible.some(Boolean) ? undefined : 'FAILED';
        expect({ state, decided: decide(rule, state) }).toEqual({ state, decided: certain });
      }
    });

    it(`never takes a decision on ${name} back`, () => {
      for (const state of states.filter(({ open }) => open > 0)) {
        const before = decide(rule, state);
        if (before === undefined) continue;
        const next = { ...state, open: state.open - 1 };
        expect(decide(rule, { ...next, succeeded: state.succeeded + 1 })).toBe(before);
        expect(decide(rule, { ...next, failed: state.failed + 1 })).toBe(before);
      }
    });
  }

  it('waits for every end where the mode wants them all, and fails early above what is tolerated', () => {
    for (const state of states) {
      const { failed, open } = state;
      for (const rule of ['ended', 'settled'] as const)
        expect(decide(rule, state)).toBe(open === 0 ? 'SUCCEEDED' : undefined);
      const drained = failed > 0 ? 'FAILED' : 'SUCCEEDED';
      expect(decide('drained', state)).toBe(open === 0 ? drained : undefined);
      for (const tolerated of [0, 1, 3]) {
        const ended = open === 0 ? 'SUCCEEDED' : undefined;
        expect(decide({ tolerated }, state)).toBe(failed > tolerated ? 'FAILED' : ended);
      }
    }
  });
});
