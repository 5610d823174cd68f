import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { runMode } from './run-mode.ts';

const input = {
  tenant: 'acme',
  runId: 'run_00000000-0000-4000-8000-000000000000',
  timeoutSeconds: 930,
  stages: [],
};
const succeeds = { outcome: 'SUCCEEDED' } as const;

describe('map_reduce', () => {
  it('splits, maps and reduces: 4 transitions and the end', async () => {
    const run = await runMode('map_reduce', input, [succeeds, succeeds], [{ decision: 'reduced' }]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.messages.map(({ body }) => body.stage)).toEqual([0, 1]);
    expect(run.decisions).toEqual([{ tenant: 'acme', runId: input.runId, step: 'reduce', position: 0 }]);
    expect(run.entered).toEqual(['Split', 'Map', 'Reduce', 'Reduced?', 'Done']);
    expect(run.largestDataBytes).toBeLessThan(limits.stageSummaryBytes);
  });

  it('asks a reducer where the rule wants one', async () => {
    const run = await runMode('map_reduce', input, [succeeds, succeeds, succeeds], [{ decision: 'ask_reducer' }]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.messages.map(({ body }) => body.stage)).toEqual([0, 1, 2]);
    expect(run.entered).toEqual(['Split', 'Map', 'Reduce', 'Reduced?', 'Ask reducer']);
  });

  it('lets the rule decide about parts that failed', async () => {
    const run = await runMode('map_reduce', input, [succeeds, { outcome: 'FAILED' }], [{ decision: 'failed' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'NotReduced' });
    expect(run.entered.at(-1)).toBe('Not reduced');
  });

  it('ends when the run was stopped meanwhile', async () => {
    const run = await runMode('map_reduce', input, [succeeds, succeeds], [{ decision: 'stopped' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'NotReduced' });
  });

  it.each([
    ['split', [{ failsWith: 'StepFailed' }], []],
    ['map', [succeeds, { failsWith: 'RunNotLive' }], []],
    ['reducer', [succeeds, succeeds, { failsWith: 'StepFailed' }], [{ decision: 'ask_reducer' }]],
  ] as const)('fails with what the engine fails the token of the %s with', async (_stage, answers, decisions) => {
    const run = await runMode('map_reduce', input, answers, decisions);
    expect(run).toMatchObject({ status: 'FAILED', error: expect.stringMatching(/StepFailed|RunNotLive/) });
  });

  it('asks again when the store is not to be had, and gives up in the end', async () => {
    const away = { throws: 'UnavailableError' };
    const run = await runMode('map_reduce', input, [succeeds, succeeds], [away, away, { decision: 'reduced' }]);
    expect(run.status).toBe('SUCCEEDED');
    const never = Array.from({ length: 20 }, () => away);
    const failed = await runMode('map_reduce', input, [succeeds, succeeds], never);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'UnavailableError' });
  });

  it('asks a second time for nothing but a transient error', async () => {
    const run = await runMode('map_reduce', input, [succeeds, succeeds], [{ throws: 'ZodError' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'ZodError' });
    expect(run.decisions).toHaveLength(1);
  });

  it('fails by its backstop when a token is never answered', async () => {
    const run = await runMode('map_reduce', input, [succeeds, 'silent']);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.Timeout', elapsedSeconds: 931 });
  });
});
