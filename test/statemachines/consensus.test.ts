import { describe, expect, it } from 'vitest';
import { type Answer, type Decision, runMode } from './run-mode.ts';

const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 930, stages: [] };
const asked: Answer = { outcome: 'SUCCEEDED' };
const run = (answers: readonly Answer[], decides: readonly Decision[]) => runMode('consensus', input, answers, decides);

describe('consensus', () => {
  it('asks, counts and succeeds: three transitions and one', async () => {
    const { status, entered, messages, decisions } = await run([asked], [{ decision: 'decided' }]);
    expect(status).toBe('SUCCEEDED');
    expect(entered).toEqual(['Ask voters', 'Tally', 'Agreed?', 'Agreed']);
    expect(messages.map(({ body }) => body.stage)).toEqual([0]);
    expect(decisions).toEqual([{ tenant: 'acme', runId: input.runId, step: 'tally', position: 0 }]);
  });

  it('asks once more where the tally says so: three transitions each round and one', async () => {
    const again = (position: number) => ({ decision: 'next_round', position });
    const { status, entered, messages, decisions } = await run(
      [asked, asked, asked],
      [again(1), again(2), { decision: 'decided' }],
    );
    expect(status).toBe('SUCCEEDED');
    expect(entered).toHaveLength(3 * 3 + 1);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1, 2]);
    expect(decisions.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  it('hands a tie to a person, as a round of its own', async () => {
    const { status, entered, messages, decisions } = await run(
      [asked, asked],
      [{ decision: 'escalate', position: 1 }, { decision: 'decided' }],
    );
    expect(status).toBe('SUCCEEDED');
    expect(entered).toEqual(['Ask voters', 'Tally', 'Agreed?', 'Ask a person', 'Tally', 'Agreed?', 'Agreed']);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1]);
    expect(decisions.map(({ position }) => position)).toEqual([0, 1]);
  });

  it.each(['insufficient_participation', 'nobody_decided', 'failed', 'stopped'])('fails on "%s"', async (decision) => {
    expect(await run([asked], [{ decision }])).toMatchObject({
      status: 'FAILED',
      error: 'NotAgreed',
      cause: `no decision: ${decision}`,
    });
  });

  it('counts again when the count could not be made for the moment, and not for an error that stays', async () => {
    const passing = await run([asked], [{ throws: 'UnavailableError' }, { decision: 'decided' }]);
    expect(passing).toMatchObject({ status: 'SUCCEEDED' });
    expect(passing.decisions).toHaveLength(2);
    const staying = await run([asked], [{ throws: 'TypeError' }]);
    expect(staying).toMatchObject({ status: 'FAILED', error: 'TypeError' });
    expect(staying.decisions).toHaveLength(1);
  });

  it('fails with what the engine fails the token with, and by its backstop', async () => {
    expect(await run([{ failsWith: 'RunNotLive' }], [])).toMatchObject({ status: 'FAILED', error: 'RunNotLive' });
    expect(await run(['silent'], [])).toMatchObject({ error: 'States.Timeout', elapsedSeconds: 930 });
  });

  it('hands the trace on, and holds no votes', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = await runMode('consensus', { ...input, traceparent }, [asked], [{ decision: 'decided' }]);
    expect(traced.messages[0]?.body.traceparent).toBe(traceparent);
    expect(traced.decisions[0]?.traceparent).toBe(traceparent);
    expect(traced.largestDataBytes).toBeLessThan(500);
  });
});
