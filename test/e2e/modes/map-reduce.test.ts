import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Fleet, stepsOf } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const Output = z.looseObject({ succeeded: z.int(), value: z.array(z.looseObject({ text: z.string() })) });

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  // Three that do one thing at a time, to see that parts are worked on at once; two for everything else.
  await Promise.all([fleet.begin('file', 3), fleet.begin('part', 2, { slots: 10 })]);
});
afterAll(() => fleet?.stop());

const requirements = { capabilities: ['part'] };
const task = (type: string, input: unknown, more: Record<string, unknown> = {}) => ({
  type,
  input,
  requirements,
  ...more,
});
const mapReduce = (more: Record<string, unknown>) => ({
  mode: 'map_reduce',
  split: { over: '{{ input }}' },
  map: task('echo', '{{ item }}'),
  reduce: { aggregate: 'concat' },
  ...more,
});

describe.concurrent('map-reduce on agents in processes of their own', () => {
  it('splits by type of file, maps at once, and reduces', async () => {
    const files = ['a.ts', 'b.md', 'c.ts', 'd.json'];
    const input = { ms: 1500, value: '{{ item }}' };
    const map = task('sleep', input, { requirements: { capabilities: ['file'] } });
    const split = { over: '{{ input }}', by: 'file_type' };
    const run = await fleet.outcome(mapReduce({ split, map }), files);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { total: 3, succeeded: 3, isPartial: false, missing: [] },
    });
    const parts: readonly { value: { name: string; items: string[] }; by: string; began: number; ended: number }[] =
      run.output.value;
    expect(parts.map(({ value }) => value)).toEqual([
      { name: 'ts', items: ['a.ts', 'c.ts'] },
      { name: 'md', items: ['b.md'] },
      { name: 'json', items: ['d.json'] },
    ]);
    expect(new Set(parts.map(({ by }) => by)).size).toBe(3);
    expect(Math.max(...parts.map(({ began }) => began))).toBeLessThan(Math.min(...parts.map(({ ended }) => ended)));
  });

  it('is split and reduced by tasks', async () => {
    const split = { task: task('echo', { parts: ['x', 'y'] }) };
    const reduce = { task: task('echo', { got: '{{ parts }}', of: '{{ input.of }}' }) };
    const run = await fleet.outcome(mapReduce({ split, reduce }), { of: 'letters' });
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { got: [{ output: 'x' }, { output: 'y' }], of: 'letters' },
    });
    expect(stepsOf(run)).toEqual({ split: 'SUCCEEDED', map: 'SUCCEEDED', reduce: 'SUCCEEDED' });
  });

  it('brings nine results of 30 KB together', async () => {
    const map = task('fill', { bytes: 30_000 });
    const input = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const run = await fleet.outcome(mapReduce({ map }), input);
    expect(run.status).toBe('SUCCEEDED');
    const output = Output.parse(await (await fetch(run.output.$payload.url)).json());
    expect(output.succeeded).toBe(9);
    expect(output.value.map(({ text }) => text.length)).toEqual(input.map(() => 30_000));
  });

  /** A part that is no time to sleep always fails. */
  const withOneFailing = (toleratedFailures: number) =>
    mapReduce({
      split: { over: '{{ input }}' },
      map: task('sleep', '{{ item }}'),
      toleratedFailures,
    });
  const fine = (value: number) => ({ ms: 50, value });

  it('reduces the rest and lists what is missing when a part always fails', async () => {
    const run = await fleet.outcome(withOneFailing(1), [fine(1), 'not to be slept', fine(3)]);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { total: 3, succeeded: 2, isPartial: true, missing: [{ name: 'part-2' }] },
    });
    expect(run.output.value.map(({ value }: { value: number }) => value)).toEqual([1, 3]);
  });

  it('fails, naming the part and its agent, when more fail than may', async () => {
    const run = await fleet.outcome(withOneFailing(0), [fine(1), 'not to be slept', fine(3)]);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'MAP_FAILED' } });
    expect(run.error.message).toMatch(/First "part-2": part-\d: /);
  });

  it('ends a part at its deadline and goes on without it', async () => {
    const map = task('sleep', '{{ item }}', { timeoutSeconds: 2 });
    const run = await fleet.outcome(mapReduce({ map, toleratedFailures: 1 }), [fine(1), { ms: 6000, value: 2 }]);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { succeeded: 1, missing: [{ name: 'part-2' }] } });
    expect(run.output.missing[0].code).toMatch(/DEADLINE/);
  });

  it('is cancelled while it makes more tasks than one request can end, and leaves none open', async () => {
    const input = Array.from({ length: 300 }, () => fine(1));
    const runId = await fleet.run(mapReduce({ map: task('hang', null) }), input);
    const run = await fleet.cancelled(runId, 'the first are at work', ({ steps }) =>
      steps.some(({ tasks }: { tasks: unknown[] }) => tasks.length > 0),
    );
    expect(run.status).toBe('CANCELLED');
    const open = (text: string): boolean =>
      text.includes(runId) && text.includes('"sk":"TASK"') && /"status":"(PENDING|QUEUED|ASSIGNED)"/.test(text);
    await until('nothing is open', async () => !(await fleet.muster.items()).some(open));
  });
});
