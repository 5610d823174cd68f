import { describe, expect, it } from 'vitest';
import { type Answer, runMode } from './run-mode.ts';

const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 930, stages: [] };
const done: Answer = { outcome: 'SUCCEEDED' };
const failed: Answer = { failsWith: 'StepFailed' };
const run = (answers: readonly Answer[], more: object = {}) => runMode('hierarchical', { ...input, ...more }, answers);
const stagesOf = ({ messages }: Awaited<ReturnType<typeof run>>) => messages.map(({ body }) => body.stage);

describe('hierarchical', () => {
  it('plans, splits, works, aggregates and integrates: 5 transitions and the end', async () => {
    const plain = await run([done, done, done, done, done]);
    expect(plain.status).toBe('SUCCEEDED');
    expect(plain.entered).toEqual([
      'Supervisor plans',
      'Leaders split',
      'Workers work',
      'Leaders aggregate',
      'Supervisor integrates',
      'Integrated',
    ]);
    expect(stagesOf(plain)).toEqual([0, 1, 2, 5, 6]);
  });

  it('lets the supervisor handle work that failed, and goes on', async () => {
    const handled = await run([done, done, failed, done, done, done, done]);
    expect(handled.status).toBe('SUCCEEDED');
    expect(handled.entered.slice(2, 6)).toEqual([
      'Workers work',
      'Supervisor handles failure',
      'Workers work again',
      'Leaders aggregate',
    ]);
    expect(stagesOf(handled)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('lets it handle a failure once', async () => {
    const twice = await run([done, done, failed, done, failed]);
    expect(twice).toMatchObject({ status: 'FAILED', error: 'StepFailed' });
    expect(stagesOf(twice)).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([0, 1])('asks nobody when stage %i fails', async (stage) => {
    const ended = await run([...[done].slice(0, stage), failed]);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StepFailed' });
    expect(ended.messages).toHaveLength(stage + 1);
  });

  it('asks nobody about a run that was stopped, and nobody about time that has run out', async () => {
    expect(stagesOf(await run([done, done, { failsWith: 'RunNotLive' }]))).toEqual([0, 1, 2]);
    expect(await run([done, done, 'silent'])).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('hands the trace on, and holds ids and counts only', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = await run([done, done, failed, done, done, done, done], { traceparent });
    expect(traced.messages.map(({ body }) => body.traceparent)).toEqual(Array.from({ length: 7 }, () => traceparent));
    expect(traced.largestDataBytes).toBeLessThan(1000);
  });
});
