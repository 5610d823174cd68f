import { describe, expect, it } from 'vitest';
import { type Answer, type Decision, runMode } from './run-mode.ts';

const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 930, stages: [] };
const done: Answer = { outcome: 'SUCCEEDED' };
const awarded = (position: number): Decision => ({ decision: 'awarded', position });
const run = (answers: readonly Answer[], decides: readonly Decision[]) => runMode('auction', input, answers, decides);

describe('auction', () => {
  it('asks, awards and has the task done: four transitions', async () => {
    const { status, entered, messages, decisions } = await run([done, done], [awarded(1)]);
    expect(status).toBe('SUCCEEDED');
    expect(entered).toEqual(['Ask for bids', 'Award', 'Awarded?', 'Work on task']);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1]);
    expect(decisions).toEqual([{ tenant: 'acme', runId: input.runId, step: 'award', position: 0 }]);
  });

  it('awards the task to the next best when the token fails, and again', async () => {
    const lost: Answer = { failsWith: 'StepFailed' };
    const { status, entered, messages, decisions } = await run(
      [done, lost, lost, done],
      [awarded(1), awarded(2), awarded(3)],
    );
    expect(status).toBe('SUCCEEDED');
    expect(entered).toHaveLength(4 + 3 + 3);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1, 2, 3]);
    expect(decisions.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  it.each(['no_bids', 'no_more_bids', 'failed', 'stopped'])('fails on "%s"', async (decision) => {
    const { status, error, cause, messages } = await run([done], [{ decision }]);
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'NotAwarded',
      cause: `not awarded: ${decision}`,
    });
    expect(messages).toHaveLength(1);
  });

  it('is not awarded again when the run was stopped, or the backstop ended it', async () => {
    const stopped = await run([done, { failsWith: 'RunNotLive' }], [awarded(1)]);
    expect(stopped).toMatchObject({ status: 'FAILED', error: 'RunNotLive' });
    expect(stopped.decisions).toHaveLength(1);
    expect(await run([done, 'silent'], [awarded(1)])).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('asks for the award again when it could not be made for the moment', async () => {
    const passing = await run([done, done], [{ throws: 'UnavailableError' }, awarded(1)]);
    expect(passing).toMatchObject({ status: 'SUCCEEDED' });
    expect(await run([done], [{ throws: 'TypeError' }])).toMatchObject({ status: 'FAILED', error: 'TypeError' });
  });
});
