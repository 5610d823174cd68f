import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makespanBound } from '#core/coordination/dag/critical-path.ts';
import type { DagNode } from '#core/coordination/dag/levels.ts';
import { release } from '#core/coordination/dag/release.ts';
import { CycleError, UnknownDependencyError } from '#core/coordination/order.ts';
import { anyDag, anyInForest, runDag } from './graphs.ts';

const node = (id: string, ...dependsOn: string[]): DagNode => ({ id, dependsOn });

/** The fewest steps in which unit tasks can be done, by trying every choice of what runs next. */
const fewestSteps = (nodes: readonly DagNode[], width: number): number => {
  const known = new Map<number, number>();
  const bit = (id: string): number => 1 << nodes.findIndex((candidate) => candidate.id === id);
  const everything = (1 << nodes.length) - 1;
  const choose = (ready: readonly number[], room: number): readonly number[] => {
    const [first, ...others] = ready;
    if (first === undefined || room === 0) return [0];
    return [...choose(others, room - 1).map((bits) => bits | first), ...choose(others, room)];
  };
  const steps = (done: number): number => {
    if (done === everything) return 0;
    const before = known.get(done);
    if (before !== undefined) return before;
    const ready = nodes
      .filter(({ id, dependsOn }) => (done & bit(id)) === 0 && dependsOn.every((name) => (done & bit(name)) !== 0))
      .map(({ id }) => bit(id));
    const best =
      1 +
      Math.min(
        ...choose(ready, width)
          .filter((bits) => bits > 0)
          .map((bits) => steps(done | bits)),
      );
    known.set(done, best);
    return best;
  };
  return steps(0);
};

describe('release', () => {
  it('runs a diamond in three steps and starts its sides together', () => {
    const nodes = [node('top'), node('left', 'top'), node('right', 'top'), node('bottom', 'left', 'right')];
    expect(release({ nodes, states: { top: 'SUCCEEDED' }, width: 10, failFast: false }).start).toEqual([
      'left',
      'right',
    ]);
    expect(
      release({ nodes, states: { top: 'SUCCEEDED', left: 'SUCCEEDED', right: 'RUNNING' }, width: 10, failFast: false }),
    ).toEqual({ start: [], skip: [], isEnded: false });
    expect(runDag(nodes, { width: 10 }).makespan).toBe(3);
  });

  it('takes 10 steps for 10 chains of 10 on 10 agents', () => {
    const nodes = Array.from({ length: 100 }, (_, index) =>
      index % 10 === 0 ? node(`n${index}`) : node(`n${index}`, `n${index - 1}`),
    );
    expect(runDag(nodes, { width: 10 }).makespan).toBe(10);
  });

  it('starts the long chain before the short ones', () => {
    const nodes = [node('a'), node('b'), node('long'), node('longer', 'long'), node('longest', 'longer')];
    expect(runDag(nodes, { width: 2 }).makespan).toBe(3);
    const durations: Record<string, number> = { a: 9, b: 1, long: 1, longer: 1, longest: 1 };
    expect(
      release({ nodes, states: {}, width: 2, failFast: false, durationOf: (id) => durations[id] ?? 0 }).start,
    ).toEqual(['a', 'long']);
  });

  it('refuses a cycle, naming it, and an unknown dependency', () => {
    const nodes = [node('a', 'c'), node('b', 'a'), node('c', 'b')];
    const ask = (given: readonly DagNode[]) => release({ nodes: given, states: {}, width: 1, failFast: false });
    expect(() => ask(nodes)).toThrow(CycleError);
    expect(() => ask(nodes)).toThrow('a → c → b → a');
    expect(() => ask([node('a', 'ghost')])).toThrow(UnknownDependencyError);
  });

  it('is never above the width, and begins nothing before what it depends on', () =>
    fc.assert(
      fc.property(anyDag(14), fc.integer({ min: 1, max: 5 }), (nodes, width) => {
        const { early, mostAtOnce, states } = runDag(nodes, { width });
        expect(early).toEqual([]);
        expect(mostAtOnce).toBeLessThanOrEqual(width);
        expect(Object.values(states).filter((state) => state === 'SUCCEEDED')).toHaveLength(nodes.length);
      }),
    ));

  it('ends with the critical path when nothing has to wait for an agent', () =>
    fc.assert(
      fc.property(
        anyDag(14),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 14, maxLength: 14 }),
        (nodes, list) => {
          const durationOf = (id: string) => list[Number(id.slice(1))] ?? 1;
          const { makespan } = runDag(nodes, { width: nodes.length, durationOf });
          expect(makespan).toBe(makespanBound(nodes, durationOf, nodes.length));
        },
      ),
    ));

  it('needs as few steps as the best of all schedules where no node has two dependents', () =>
    fc.assert(
      fc.property(anyInForest(9), fc.integer({ min: 1, max: 4 }), (nodes, width) => {
        expect(runDag(nodes, { width }).makespan).toBe(fewestSteps(nodes, width));
      }),
    ));

  it('is within 2 − 1/width of the best of all schedules for any dag', () =>
    fc.assert(
      fc.property(anyDag(9), fc.integer({ min: 1, max: 4 }), (nodes, width) => {
        const best = fewestSteps(nodes, width);
        const { makespan } = runDag(nodes, { width });
        expect(best).toBeGreaterThanOrEqual(makespanBound(nodes, () => 1, width));
        expect(makespan).toBeGreaterThanOrEqual(best);
        expect(makespan).toBeLessThanOrEqual((2 - 1 / width) * best);
      }),
    ));

  it('skips exactly what depends on a failure, and finishes the rest', () =>
    fc.assert(
      fc.property(anyDag(12), fc.integer({ min: 1, max: 4 }), fc.nat(11), (nodes, width, pick) => {
        const failed = `n${pick % nodes.length}`;
        const { states } = runDag(nodes, { width, fails: [failed] });
        const needs = (id: string): boolean =>
          nodes.find((node) => node.id === id)?.dependsOn.some((name) => name === failed || needs(name)) === true;
        for (const { id } of nodes)
          expect(states[id]).toBe(id === failed ? 'FAILED' : needs(id) ? 'SKIPPED' : 'SUCCEEDED');
      }),
    ));

  it('begins nothing after a failure when it is to fail fast, and lets what runs end', () => {
    const nodes = [node('a'), node('b'), node('c'), node('after', 'b')];
    const states = { a: 'FAILED', b: 'RUNNING' } as const;
    expect(release({ nodes, states, width: 3, failFast: true })).toEqual({
      start: [],
      skip: ['c', 'after'],
      isEnded: false,
    });
    expect(runDag(nodes, { width: 2, fails: ['a'], failFast: true }).states).toEqual({
      a: 'FAILED',
      b: 'SUCCEEDED',
      c: 'SKIPPED',
      after: 'SKIPPED',
    });
  });
});
