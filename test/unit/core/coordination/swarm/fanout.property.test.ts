import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateMappings } from '#core/coordination/map-reduce/validate-mappings.ts';
import { arrangeParts } from '#core/coordination/swarm/arrange-parts.ts';
import { areaOf, splitByArea } from '#core/coordination/swarm/split-by-area.ts';
import { type FinishedPart, swarmMetrics } from '#core/coordination/swarm/swarm-metrics.ts';
import { type SwarmPart, validateDecomposition } from '#core/coordination/swarm/validate-decomposition.ts';
import { allPaths, anyDag, runDag } from '../dag/graphs.ts';

const part = (id: string, ...dependsOn: string[]): SwarmPart => ({ id, type: 'write', dependsOn });

describe('validateDecomposition', () => {
  it('takes any acyclic set of parts, and none with a way back', () =>
    fc.assert(
      fc.property(anyDag(10), (nodes) => {
        const parts = nodes.map((node) => ({ ...node, type: 'write' }));
        expect(validateDecomposition(parts, 100)).toEqual([]);
        const longest = allPaths(nodes).toSorted((a, b) => b.length - a.length)[0] ?? [];
        const closed = parts.map((one) =>
          one.id === longest[0] ? { ...one, dependsOn: [...one.dependsOn, longest.at(-1) ?? ''] } : one,
        );
        expect(validateDecomposition(closed, 100).map(({ kind }) => kind)).toEqual(['cycle']);
      }),
    ));

  it('names everything that is wrong', () => {
    expect(validateDecomposition([], 5).map(({ kind }) => kind)).toEqual(['empty']);
    expect(validateDecomposition([part('a'), part('b')], 1)).toEqual([
      { kind: 'too_many_parts', message: 'The task was divided into 2 parts; at most 1 are taken.' },
    ]);
    const parts = [part('a', 'ghost'), part('a'), { ...part('b'), type: ' ' }];
    expect(validateDecomposition(parts, 5).map(({ kind, part: at }) => [kind, at])).toEqual([
      ['unknown_dependency', 'a'],
      ['duplicate_part', 'a'],
      ['unnamed_part', 'b'],
    ]);
    expect(validateDecomposition([part('a', 'b'), part('b', 'a')], 5)[0]?.message).toContain('a → b → a');
  });
});

describe('arrangeParts', () => {
  it('never drops a part, whatever the strategy, and takes as long as it should', () =>
    fc.assert(
      fc.property(anyDag(10), (parts) => {
        const steps = (strategy: 'parallel' | 'sequential' | 'dag') => {
          const arranged = arrangeParts(parts, strategy);
          expect(arranged.map(({ id }) => id).toSorted()).toEqual(parts.map(({ id }) => id).toSorted());
          return runDag(arranged, { width: parts.length }).makespan;
        };
        expect(steps('parallel')).toBe(1);
        expect(steps('sequential')).toBe(parts.length);
        expect(steps('dag')).toBe(Math.max(...allPaths(parts).map(({ length }) => length)));
      }),
    ));

  it('keeps the dependencies when it makes a chain of them', () =>
    fc.assert(
      fc.property(anyDag(10), (parts) => {
        const order = arrangeParts(parts, 'sequential').map(({ id }) => id);
        const early = parts.filter(({ id, dependsOn }) =>
          dependsOn.some((name) => order.indexOf(name) > order.indexOf(id)),
        );
        expect(early).toEqual([]);
      }),
    ));
});

describe('splitByArea', () => {
  it.each([
    ['src/server/app.ts', 'backend'],
    ['src/server/app.test.ts', 'tests'],
    ['test/pages/login.tsx', 'tests'],
    ['pkg/user_test.go', 'tests'],
    ['app/test_models.py', 'tests'],
    ['src/latest/contest.ts', 'backend'],
    ['db/migrate/001_users.rb', 'migrations'],
    ['migrations\\0002.sql', 'migrations'],
    ['README.md', 'documentation'],
    ['web/api.ts', 'frontend'],
    ['src/Button.tsx', 'frontend'],
    ['Makefile', 'backend'],
  ])('puts %s into %s', (path, area) => expect(areaOf(path)).toBe(area));

  it('maps each file once, into areas that have any', () => {
    const paths = ['a.ts', 'a.test.ts', 'README.md', 'b.ts'];
    expect(splitByArea(paths)).toEqual([
      { name: 'backend', items: [0, 3] },
      { name: 'documentation', items: [2] },
      { name: 'tests', items: [1] },
    ]);
    expect(validateMappings(splitByArea(paths), paths.length)).toEqual([]);
  });
});

describe('swarmMetrics', () => {
  const anyPart: fc.Arbitrary<FinishedPart> = fc.oneof(
    fc.record({
      status: fc.constantFrom('succeeded' as const, 'failed' as const),
      attempts: fc.integer({ min: 1, max: 4 }),
      costUsd: fc.nat(8).map((eighths) => eighths / 8),
      startedAt: fc.nat(50),
      endedAt: fc.integer({ min: 51, max: 99 }),
    }),
    fc.record({ status: fc.constantFrom('skipped' as const, 'cancelled' as const), attempts: fc.constant(0) }),
  );

  it('counts each part once, and as much work as ticks of a clock find being done', () =>
    fc.assert(
      fc.property(fc.array(anyPart, { maxLength: 8 }), (parts) => {
        const metrics = swarmMetrics(parts);
        expect(metrics.succeeded + metrics.failed + metrics.notRun).toBe(parts.length);
        const atOnce = Array.from({ length: 100 }, (_, at) =>
          parts.filter(({ startedAt = 100, endedAt = 0 }) => startedAt <= at && at < endedAt),
        ).map(({ length }) => length);
        expect(metrics.workMs).toBe(atOnce.reduce((sum, count) => sum + count, 0));
        const busy = atOnce.map((count) => count > 0);
        expect(metrics.wallMs).toBe(busy.includes(true) ? busy.lastIndexOf(true) - busy.indexOf(true) + 1 : 0);
      }),
    ));

  it('gives rates, retries and cost', () => {
    const ran = { attempts: 1, costUsd: 0.25, startedAt: 0, endedAt: 10 };
    const parts: readonly FinishedPart[] = [
      { ...ran, status: 'succeeded' },
      { ...ran, status: 'succeeded', attempts: 3 },
      { ...ran, status: 'failed' },
      { status: 'skipped', attempts: 0 },
    ];
    expect(swarmMetrics(parts)).toEqual({
      total: 4,
      succeeded: 2,
      failed: 1,
      notRun: 1,
      successRate: 0.5,
      failureRate: 0.25,
      retries: 2,
      costUsd: 0.75,
      wallMs: 10,
      workMs: 30,
      parallelism: 3,
    });
    expect(swarmMetrics([])).toMatchObject({ total: 0, successRate: 0, wallMs: 0, parallelism: 0 });
  });
});
