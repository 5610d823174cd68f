import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, stepsOf } from '../support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  await fleet.begin('ant', 3, { slots: 10 });
});
afterAll(() => fleet?.stop());

const requirements = { capabilities: ['ant'] };
/** A decomposer that answers what the run's input says. */
const decompose = { task: { type: 'echo', requirements, input: '{{ input }}' } };
const swarm = (work: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  mode: 'swarm',
  variant: 'fanout',
  decompose,
  work: { requirements, ...work },
  ...more,
});
const parts = (count: number, ms: number, ...others: Record<string, unknown>[]) => ({
  parts: [
    ...Array.from({ length: count }, (_, n) => ({ id: `p${n}`, type: 'sleep', input: { ms, value: n } })),
    ...others,
  ],
});
interface Slept {
  readonly value: number;
  readonly by: string;
  readonly began: number;
  readonly ended: number;
}

describe.concurrent('a swarm that fans out over agents in processes of their own', () => {
  it('divides, works on every part, as many at once as it is large, and puts them together', async () => {
    const aggregate = { task: { type: 'echo', requirements, input: '{{ parts }}' } };
    const run = await fleet.outcome(swarm({ type: 'sleep' }, { size: 3, aggregate }), parts(7, 400));
    expect(run.status).toBe('SUCCEEDED');
    const { output, metrics, parts: told } = run.output;
    expect(metrics).toMatchObject({ total: 7, succeeded: 7, successRate: 1 });
    expect(output.map((part: { output: Slept }) => part.output.value)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const slept: readonly Slept[] = told.map((part: { output: Slept }) => part.output);
    const atOnce = slept.map(
      ({ began }) => slept.filter((other) => other.began <= began && began < other.ended).length,
    );
    expect(Math.max(...atOnce)).toBe(3);
    expect(new Set(slept.map(({ by }) => by)).size).toBeGreaterThan(1);
  });

  it('keeps the order that its parts need', async () => {
    const input = {
      parts: [
        { id: 'last', dependsOn: ['first'], type: 'echo', input: 'done' },
        { id: 'first', type: 'sleep', input: { ms: 300, value: 'ready' } },
      ],
    };
    const work = {
      type: 'echo',
      input: {
        is: '{{ item }}',
        before: '{{ dependencies.first.value }}',
        ms: '{{ item.ms }}',
        value: '{{ item.value }}',
      },
    };
    const run = await fleet.outcome(swarm(work, { order: 'dag' }), input);
    expect(run.output.output.last).toMatchObject({ is: 'done', before: 'ready' });
  });

  it('names a part that always fails, with its agent, and tries all the others', async () => {
    const input = parts(2, 100, { id: 'bad', type: 'fail' });
    const failed = await fleet.outcome(swarm({ type: 'sleep' }), input);
    expect(failed).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('"bad"') } });
    expect(failed.result.metrics).toMatchObject({ succeeded: 2, failed: 1 });
    expect(failed.result.parts[2]).toMatchObject({ agent: expect.any(String), error: { code: 'CANNOT' } });
    const tolerated = await fleet.outcome(swarm({ type: 'sleep' }, { toleratedFailures: 1 }), input);
    expect(tolerated).toMatchObject({ status: 'SUCCEEDED', output: { missing: ['bad'] } });
  });

  it('refuses a decomposition that cannot be, naming its faults', async () => {
    const run = await fleet.outcome(swarm({ type: 'echo' }), {
      parts: [{ id: 'a', dependsOn: ['ghost'] }, { id: 'a' }],
    });
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringMatching(/"ghost".*"a"/) } });
  });

  it('ends a part at its deadline, and the run at its own', async () => {
    const hang = { id: 'slow', type: 'hang' };
    const late = await fleet.outcome(swarm({ type: 'sleep', timeoutSeconds: 2 }), parts(1, 1, hang));
    expect(late.status).toBe('FAILED');
    expect(stepsOf(late)).toMatchObject({ p0: 'SUCCEEDED' });
    expect(stepsOf(late)['slow']).toMatch(/TIMED_OUT|FAILED/);
  });

  it('is cancelled with its parts, and tells of each', async () => {
    const input = parts(1, 1, { id: 'one', type: 'hang' }, { id: 'two', type: 'hang' });
    const runId = await fleet.run(swarm({ type: 'sleep' }, { size: 1, order: 'sequential' }), input);
    const second = 'the second part is at work';
    const run = await fleet.cancelled(runId, second, (seen) => stepsOf(seen)['one'] === 'RUNNING');
    expect(run.status).toBe('CANCELLED');
    expect(stepsOf(run)).toMatchObject({ p0: 'SUCCEEDED', one: 'CANCELLED', two: 'SKIPPED' });
  });
});
