import { describe, expect, it } from 'vitest';
import { runMode } from './run-mode.ts';

const input = (stages: number) => ({
  tenant: 'acme',
  runId: 'run_00000000-0000-4000-8000-000000000000',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  timeoutSeconds: 930,
  stages: Array.from({ length: stages }, (_, stage) => ({ stage, timeoutSeconds: 930 })),
});
const succeeds = { outcome: 'SUCCEEDED' } as const;
const again = { failsWith: 'HandOnAgain' } as const;

describe('pipeline', () => {
  it('hands on from stage to stage and to the end, n + 2 transitions', async () => {
    const run = await runMode('pipeline', input(3), [succeeds, succeeds, succeeds, succeeds]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.decisions).toEqual(
      [0, 1, 2, 3].map((position) => ({
        tenant: 'acme',
        runId: input(0).runId,
        step: 'hand_on',
        position,
        taskToken: expect.any(String),
        traceparent: input(0).traceparent,
      })),
    );
    expect(run.messages).toEqual([]);
    expect(run.entered).toEqual(['Work through stages', ...Array.from({ length: 4 }, () => 'Hand on and work')]);
    expect(run.elapsedSeconds).toBe(4);
  });

  it('asks once more what comes after a fallback, under a new token', async () => {
    const run = await runMode('pipeline', input(2), [succeeds, again, succeeds, succeeds]);
    expect(run.status).toBe('SUCCEEDED');
    const asked = run.decisions.map(({ position }) => position);
    expect(asked).toEqual([0, 1, 1, 2]);
    expect(run.entered).toHaveLength(4);
  });

  it('stops at a stage that fails', async () => {
    const run = await runMode('pipeline', input(3), [succeeds, { failsWith: 'RunNotLive' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'RunNotLive' });
    expect(run.decisions).toHaveLength(2);
  });

  it('tries again when the store is not to be had, and gives up in the end', async () => {
    const away = { refusedWith: 'UnavailableError' };
    expect(await runMode('pipeline', input(1), [away, succeeds, away, succeeds])).toMatchObject({
      status: 'SUCCEEDED',
    });
    const run = await runMode(
      'pipeline',
      input(1),
      Array.from({ length: 20 }, () => away),
    );
    expect(run).toMatchObject({ status: 'FAILED', error: 'UnavailableError' });
  });

  it('fails by its backstop when a token is never answered', async () => {
    const run = await runMode('pipeline', input(2), [succeeds, 'silent']);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.Timeout', elapsedSeconds: 931 });
  });

  it('keeps the state small at the largest number of stages', async () => {
    const run = await runMode(
      'pipeline',
      input(100),
      Array.from({ length: 101 }, () => succeeds),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.largestDataBytes).toBeLessThan(64 * 1024);
  });
});
