import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makespanBound } from '#core/coordination/dag/critical-path.ts';
import { estimateRun } from '#core/coordination/estimate/estimate-run.ts';
import { expectedMakespan } from '#core/coordination/estimate/expected-makespan.ts';
import { costOf, unitsPerStageMember, unitsPerTask } from '#core/coordination/estimate/prices.ts';
import { type ModeShape, transitionsOf } from '#core/coordination/estimate/transitions.ts';
import { anyDag, runDag } from '../dag/graphs.ts';

const durations = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 });

describe('transitionsOf', () => {
  const table: readonly (readonly [ModeShape, number])[] = [
    [{ mode: 'sequential', stages: 7 }, 8],
    [{ mode: 'pipeline', stages: 4 }, 5],
    [{ mode: 'parallel' }, 1],
    [{ mode: 'dag' }, 1],
    [{ mode: 'map_reduce' }, 4],
    [{ mode: 'auction' }, 4],
    [{ mode: 'swarm_fanout' }, 4],
    [{ mode: 'hierarchical' }, 5],
    [{ mode: 'consensus', rounds: 2 }, 7],
    [{ mode: 'swarm_stigmergic', iterations: 100 }, 301],
    [{ mode: 'leader_elect', terms: 1 }, 4],
  ];

  it.each(table)('counts %j as %d', (shape, transitions) => expect(transitionsOf(shape)).toBe(transitions));
});

describe('costOf', () => {
  it('is about 11 dollars for a million tasks, and 1.5 more in a stage', () => {
    expect(costOf(unitsPerTask) * 1e6).toBeCloseTo(10.975, 2);
    expect(costOf(unitsPerStageMember) * 1e6).toBeCloseTo(1.5, 9);
    expect(costOf({ stateTransition: 1000 })).toBeCloseTo(0.025, 9);
    expect(costOf({})).toBe(0);
  });
});

describe('expectedMakespan', () => {
  it('is what running the dag by its own releases takes', () =>
    fc.assert(
      fc.property(anyDag(12), durations, fc.integer({ min: 1, max: 4 }), (nodes, list, width) => {
        const durationOf = (id: string) => list[Number(id.slice(1))] ?? 1;
        const expected = expectedMakespan(nodes, durationOf, width);
        expect(expected).toBe(runDag(nodes, { width, durationOf }).makespan);
        expect(expected).toBeGreaterThanOrEqual(makespanBound(nodes, durationOf, width));
      }),
    ));

  it('is nothing for nothing', () => expect(expectedMakespan([], () => 1, 3)).toBe(0));

  it('lets what takes no time end at once', () =>
    expect(
      expectedMakespan(
        [
          { id: 'a', dependsOn: [] },
          { id: 'b', dependsOn: ['a'] },
        ],
        () => 0,
        1,
      ),
    ).toBe(0));
});

describe('estimateRun', () => {
  it('adds up transitions, dollars and seconds, and names what it does not know', () => {
    const tasks = [
      { id: 'split', dependsOn: [], expectedMs: 1000, priceUsd: 0.01 },
      { id: 'left', dependsOn: ['split'], expectedMs: 4000, priceUsd: 0.02 },
      { id: 'right', dependsOn: ['split'], expectedMs: 2000 },
      { id: 'reduce', dependsOn: ['left', 'right'], expectedMs: undefined },
    ];
    const estimate = estimateRun({ shape: { mode: 'map_reduce' }, tasks, maxParallelAgents: 1 });
    expect(estimate).toMatchObject({
      tasks: 4,
      transitions: 4,
      criticalPath: ['split', 'left', 'reduce'],
      criticalPathSeconds: 5,
      expectedSeconds: 7,
      unknownDurations: ['reduce'],
    });
    expect(estimate.agentsUsd).toBeCloseTo(0.03, 9);
    expect(estimate.platformUsd * 1e6).toBeCloseTo(4 * 12.475 + 4 * 25, 1);
  });
});
