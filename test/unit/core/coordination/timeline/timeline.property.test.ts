import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimedTask, timelineOf } from '#core/coordination/timeline/timeline.ts';
import { anyDag } from '../dag/graphs.ts';

const span = { fromMs: 1000, untilMs: 2000 };

const task = (step: string, rest: Partial<TimedTask> = {}): TimedTask => ({
  taskId: `tsk_${step}`,
  step,
  dependsOn: [],
  createdAt: span.fromMs,
  ...rest,
});

/** A run of a dag in which each task waits a little and works a little, as it was made up. */
const anyRun = fc
  .tuple(anyDag(8), fc.array(fc.tuple(fc.nat(20), fc.nat(20), fc.nat(50)), { minLength: 8, maxLength: 8 }))
  .map(([nodes, delays]) => {
    const ends = new Map<string, number>();
    const tasks = new Map<string, TimedTask>();
    while (tasks.size < nodes.length)
      for (const { id, dependsOn } of nodes.filter((node) => node.dependsOn.every((name) => ends.has(name)))) {
        const [queued = 0, delivered = 0, works = 0] = delays[Number(id.slice(1))] ?? [];
        const readyAt = Math.max(span.fromMs, ...dependsOn.map((name) => ends.get(name) ?? 0));
        const startedAt = readyAt + queued + delivered;
        ends.set(id, startedAt + works);
        const times = { createdAt: span.fromMs, assignedAt: readyAt + queued, startedAt, endedAt: startedAt + works };
        tasks.set(id, task(id, { ...times, dependsOn, agentId: `agt_${id}`, costUsd: 0.5 }));
      }
    return { tasks: [...tasks.values()], delays, untilMs: Math.max(...ends.values()) };
  });

describe('timelineOf', () => {
  it('finds again how long each task waited and worked', () =>
    fc.assert(
      fc.property(anyRun, ({ tasks, delays, untilMs }) => {
        const { entries, workMs, costUsd } = timelineOf(tasks, { fromMs: span.fromMs, untilMs });
        for (const { step, waitMs, queuedMs, workMs: works } of entries)
          expect([queuedMs, waitMs - queuedMs, works]).toEqual(delays[Number(step.slice(1))]);
        expect(entries).toHaveLength(tasks.length);
        expect(workMs).toBe(entries.reduce((sum, entry) => sum + entry.workMs, 0));
        expect(costUsd).toBeCloseTo(0.5 * tasks.length, 9);
      }),
    ));

  it('accounts for every millisecond: the critical path’s waits and work are the wall time, its waits the overhead', () =>
    fc.assert(
      fc.property(anyRun, ({ tasks, untilMs }) => {
        const timeline = timelineOf(tasks, { fromMs: span.fromMs, untilMs });
        const critical = timeline.entries.filter(({ isCritical }) => isCritical);
        const waited = critical.reduce((sum, { waitMs }) => sum + waitMs, 0);
        const worked = critical.reduce((sum, { workMs }) => sum + workMs, 0);
        expect(critical.map(({ taskId }) => taskId).toSorted()).toEqual(timeline.criticalPath.toSorted());
        expect(waited + worked).toBe(timeline.wallMs);
        expect(timeline.overheadMs).toBe(waited);
      }),
    ));

  it('takes for the overhead of any run the milliseconds in which nobody works on the critical path', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { minLength: 1, maxLength: 5 }), (rows) => {
        const tasks = rows.map(([start, works], index) =>
          task(`s${index}`, {
            startedAt: span.fromMs + start,
            endedAt: span.fromMs + start + works,
            dependsOn: index === 0 ? [] : [`s${index - 1}`],
          }),
        );
        const { criticalPath, overheadMs } = timelineOf(tasks, { fromMs: span.fromMs, untilMs: span.fromMs + 120 });
        const critical = tasks.filter(({ taskId }) => criticalPath.includes(taskId));
        const idle = Array.from({ length: 120 }, (_, at) => span.fromMs + at).filter(
          (at) => !critical.some(({ startedAt = 0, endedAt = 0 }) => startedAt <= at && at < endedAt),
        );
        expect(overheadMs).toBe(idle.length);
      }),
    ));

  it('counts what goes on up to now, and what has not begun as waiting', () => {
    const tasks = [
      task('done', { assignedAt: 1000, startedAt: 1100, endedAt: 1500, agentId: 'agt_a' }),
      task('works', { assignedAt: 1500, startedAt: 1600, dependsOn: ['done'] }),
      task('queued', { dependsOn: ['done'] }),
      task('later', { dependsOn: ['works'] }),
    ];
    const { entries, workMs } = timelineOf(tasks, span);
    const shown = Object.fromEntries(entries.map(({ step, waitMs, workMs: works }) => [step, [waitMs, works]]));
    expect(shown).toEqual({ done: [100, 400], works: [100, 400], queued: [500, 0], later: [0, 0] });
    expect(workMs).toBe(800);
  });

  it('says how many worked at once', () => {
    const works = { startedAt: 1000, endedAt: 2000 };
    const timeline = timelineOf([task('a', works), task('b', works), task('c')], span);
    expect(timeline.parallelism).toBe(2);
    expect(timelineOf([], span)).toMatchObject({ entries: [], criticalPath: [], overheadMs: 1000, parallelism: 0 });
    expect(timelineOf([], { fromMs: 5, untilMs: 5 }).parallelism).toBe(0);
  });
});
